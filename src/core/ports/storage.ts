/**
 * What the core keeps. All of it is synchronous inside one transaction, so that nothing can be half done: what must stand or fall
 * together is written by one `transaction` callback, and a callback that throws leaves no trace.
 *
 * Failures of the store itself (full, damaged, closed) are thrown as `StorageFailure`; the client bridge turns them into `StorageError`.
 */
import type { ContactState, SafetyState } from '../domain/contact.ts'
import type { StorageError } from '../domain/errors.ts'
import type { FailReason, HybridClock, Message, MessageKind, MessageState } from '../domain/message.ts'
import type { VanishTimer } from '../../protocol/content.ts'
import type {
  AccountId,
  ConversationId,
  DeviceId,
  EnvelopeDigest,
  EnvelopeId,
  MessageId,
} from '../../protocol/ids.ts'

/** Thrown by a store that cannot do its work. */
export class StorageFailure extends Error {
  readonly error: StorageError
  constructor(reason: StorageError['reason'], cause?: unknown) {
    super(`storage: ${reason}`, { cause })
    this.error = { kind: 'storage', reason }
  }
}

/** What was to be written does not go with what is there: of our own making a defect, of a file's its fault. */
export class ConstraintFailure extends StorageFailure {
  constructor(cause: unknown) {
    super('unavailable', cause)
  }
}

/** This device and its account. Private keys are bytes that never leave the core's context. */
export interface OwnAccount {
  readonly account: AccountId
  readonly accountKey: Uint8Array // 33 bytes
  /** 32 bytes behind the recovery words; null once the person has confirmed them and wants them gone. */
  readonly entropy: Uint8Array | null
  readonly device: DeviceId
  readonly registrationId: number
  readonly identityPublic: Uint8Array // 33 bytes
  readonly identityPrivate: Uint8Array // 32 bytes
  readonly requestPrivate: Uint8Array // Ed25519 seed, 32 bytes
  readonly publishPrivate: Uint8Array // Ed25519 seed, 32 bytes
  readonly profileKey: Uint8Array // 32 bytes
  readonly deliveryKey: Uint8Array // 32 bytes
  readonly name: string
  readonly relays: readonly string[]
  readonly listChain: Uint8Array // SignedListChain
  readonly listRevision: number
  readonly createdAt: number
}

/** A contact as it is stored. */
export interface ContactRow {
  readonly account: AccountId
  readonly accountKey: Uint8Array
  readonly name: string
  readonly state: ContactState
  readonly safety: SafetyState
  readonly relays: readonly string[]
  readonly deliveryKey: Uint8Array | null
  /** Key of the invite this contact gave us, until they accept. */
  readonly requestKey: Uint8Array | null
  readonly profileKey: Uint8Array | null
  /** Clock of the content that name and keys came with: an older one never replaces them. */
  readonly profileClock: HybridClock
  /** Newest verified SignedListChain; empty when not fetched yet. */
  readonly listChain: Uint8Array
  readonly listRevision: number
  readonly listSeenAt: number
  /** Device ids that the person has seen (and, when verified, agreed to). */
  readonly knownDevices: readonly number[]
  /** What a blocked contact was before, and is again after that; null for everybody else. */
  readonly blockedFrom: Exclude<ContactState, 'blocked'> | null
  readonly since: number
  /** How long messages stay; absent: nobody has chosen. */
  readonly vanish?: VanishTimer
}

export interface ConversationRow {
  readonly id: ConversationId
  readonly draft: string
  readonly activeAt: number
  /** Others' messages that were not read here; the store counts them. */
  readonly unread: number
}

/** Where a conversation stands in the order of activity. */
export interface ConversationPlace {
  readonly activeAt: number
  /** The store's own number for it, where several were active at once. */
  readonly number: number
}

export type OutboxKind = 'message' | 'control' | 'receipt'
/** `queued`: waits for its first or next dispatch; `handed`: taken durably by a relay or device, kept until the receipt. */
export type OutboxState = 'queued' | 'handed'

/** One content for one device. Payload and, once made, the identical ciphertext are kept until that device's receipt. */
export interface OutboxJob {
  readonly seq: number
  readonly kind: OutboxKind
  /** Queue: jobs of one account run in order. */
  readonly account: AccountId
  /** null until the devices of the account are known; the first dispatch fans it out. */
  readonly device: DeviceId | null
  readonly messageId: MessageId
  /** Serialized Content. */
  readonly content: Uint8Array
  readonly envelopeId: EnvelopeId | null
  readonly ciphertext: Uint8Array | null
  readonly state: OutboxState
  readonly attempts: number
  readonly nextAt: number
  readonly expiresAt: number
}

export interface SeenEnvelope {
  readonly digest: EnvelopeDigest
  /** Message the envelope carried, for answering a repeat with a receipt again; null for others. */
  readonly messageId: MessageId | null
  readonly account: AccountId | null
  readonly at: number
}

/** An envelope that could not be decrypted: shown as a gap and asked for again. */
export interface Undecryptable {
  readonly envelopeId: EnvelopeId
  readonly account: AccountId
  readonly device: DeviceId
  readonly body: Uint8Array
  readonly asked: number
  readonly at: number
}

export interface MessageQuery {
  readonly conversation: ConversationId
  readonly limit: number
}

/** Where a message stands in the order of its conversation. */
export type MessagePlace = Pick<Message, 'conversation' | 'clock' | 'author' | 'id'>

export interface MessageKey {
  readonly conversation: ConversationId
  readonly author: AccountId
  readonly id: MessageId
}

/** A new text for a message. The newest by its clock is the one that holds. */
export interface Edit {
  readonly clock: HybridClock
  readonly text: string
  readonly at: number
}

/** What is looked for, and where: null is everywhere, by everyone, at any time (`from` ≤ at < `until`). */
export interface SearchQuery {
  readonly text: string
  readonly conversation: ConversationId | null
  readonly author: AccountId | null
  readonly from: number | null
  readonly until: number | null
}

/** Where a search goes on. */
export interface SearchPlace {
  readonly among: 'words' | 'parts'
  readonly before: number
}

export interface SearchPage {
  /** The excerpt has its matches between U+0002 and U+0003. */
  readonly hits: readonly { readonly message: Message; readonly excerpt: string }[]
  /** null: that was all. There may be fewer hits than asked for and still more to come. */
  readonly next: SearchPlace | null
}

/**
 * How the search index differs from the messages: it holds what some were before they were changed or deleted; that is struck out in it and goes
 * when it is written anew, which has not begun; it lacks some that came a moment ago; or only older ones, from an earlier version, a backup or a damaged file.
 */
export type SearchBacklog = 'changed' | 'struck' | 'new' | 'older' | 'none'
/** What a search would not find: what came or was edited a moment ago, only older messages, or nothing. */
export type SearchGap = 'new' | 'older' | 'none'

/** Everything the core reads and writes, inside a transaction. Getters of absent rows give undefined. */
export interface Tx {
  readonly account: {
    get(): OwnAccount | undefined
    put(account: OwnAccount): void
  }
  readonly settings: {
    get(key: string): string | undefined
    put(key: string, value: string): void
    all(): readonly (readonly [key: string, value: string])[]
  }
  readonly clock: {
    get(): HybridClock
    put(clock: HybridClock): void
  }
  readonly contacts: {
    get(account: AccountId): ContactRow | undefined
    put(contact: ContactRow): void
    list(): readonly ContactRow[]
  }
  readonly conversations: {
    get(id: ConversationId): ConversationRow | undefined
    put(conversation: Omit<ConversationRow, 'unread'>): void
    /** The `limit` most recently active after a place (null: from the first), in that order, each with its newest message. */
    list(
      after: ConversationPlace | null,
      limit: number
    ): readonly {
      readonly row: ConversationRow
      readonly last: Message | undefined
      readonly place: ConversationPlace
    }[]
  }
  readonly messages: {
    get(key: MessageKey): Message | undefined
    /** False when the key is there already: nothing is changed then. Others' messages are unread, but for notices. */
    insert(message: Message): boolean
    /** One that failed does not vanish: it is still to be sent. */
    setState(key: MessageKey, state: MessageState, failReason: FailReason | null): void
    remove(key: MessageKey): void
    /** Gives a text another one; false when the message is no text, or the edit is no newer than what is there. */
    edit(key: MessageKey, edit: Edit): boolean
    /** Keeps an edit whose message has not come, at most 100 a conversation; the newest of a message. */
    keepEdit(key: MessageKey, edit: Edit): void
    /** Takes out what was kept. */
    takeEdit(key: MessageKey): Edit | undefined
    /** Leaves of a message that it was deleted: no text, not unread, not to be found. That vanishes when the message would have. */
    erase(key: MessageKey): void
    /** Has the time of a message that is to vanish begin at `from`, unless it runs already. */
    beginVanishing(key: MessageKey, from: number): void
    /** Those whose time is over at `now`, at most `limit`, the first to go first. They are still there. */
    vanished(now: number, limit: number): readonly Message[]
    /** When the first and the last of all are to vanish; undefined: no time runs. */
    vanishing(): { readonly first: number; readonly last: number } | undefined
    /** Has the time of those that would vanish after `latest` begin anew, at `from`. */
    beginAgain(latest: number, from: number): void
    /**
     * All messages of a conversation are gone, at once and for good; one that comes later is not. Their rows, and what the search index has of
     * them, follow with the steps of `search.index`. Edits that wait for a message go too, but for those of ids above `last`, where it is given.
     */
    clear(conversation: ConversationId, last?: string): void
    /** The newest `limit`, oldest first. */
    newest(query: MessageQuery): readonly Message[]
    /** A message by its id alone; of several with the same one, whichever. */
    named(conversation: ConversationId, id: MessageId): Message | undefined
    /** `limit` of its conversation up to and including this one, oldest first. */
    upTo(message: Message, limit: number): readonly Message[]
    /** `limit` of its conversation after this place, oldest first. */
    after(place: MessagePlace, limit: number): readonly Message[]
    /**
     * Marks what is unread as read, up to and including `upTo` in the conversation's order; null: all. Answers with what was unread. The time of
     * those that are to vanish begins at `from`.
     */
    markRead(
      conversation: ConversationId,
      upTo: Message | null,
      from: number
    ): readonly { readonly id: MessageId; readonly kind: MessageKind }[]
    /** The oldest unread message. */
    firstUnread(conversation: ConversationId): MessageId | undefined
    /** The clock of the newest message that the person has written or read, lines of the app's own among them. */
    lastSeen(conversation: ConversationId): HybridClock | undefined
  }
  /** The index of all texts, which follows the messages. */
  readonly search: {
    waiting(): SearchBacklog
    lacks(): SearchGap
    /**
     * One step, a few milliseconds long: takes out what one message was before it was changed or deleted, or many where many were; else removes
     * some of what was cleared; else writes some of the index anew, where anything is struck out; else puts in up to `most` new ones; else as many older ones, newest first. Fewer where they are long.
     */
    index(most: number): void
    /** One step that brings in what is new, or else older, also before what is still to be taken out or struck out. */
    catchUp(most: number): void
  }
  /** The whole, for backups. */
  readonly history: {
    /** Messages in the order they were stored in, at most `limit`, after a place; before the first is -1. */
    messages(
      after: number,
      limit: number
    ): readonly {
      readonly place: number
      readonly message: Message
      readonly unread: boolean
      /** Clock of the newest edit. */
      readonly editClock: HybridClock | null
      /** When it is to vanish; null: it stays, or its time has not begun. */
      readonly vanishAt: number | null
    }[]
    /** Edits of a conversation that wait for their messages. */
    edits(conversation: ConversationId): readonly (Edit & Pick<MessageKey, 'author' | 'id'>)[]
    /** Marks one message as read. */
    markRead(key: MessageKey): void
    /** Says which edit a message's text is of: an older one does not replace it. */
    setEditClock(key: MessageKey, clock: HybridClock): void
    /** Says when a message is to vanish. */
    setVanishAt(key: MessageKey, at: number): void
    /** What comes now counts as older for the search index, until `indexLater`. */
    importing(): void
    indexLater(): void
    /** Removes messages, conversations, contacts and settings. */
    clear(): void
  }
  readonly outbox: {
    /** Returns the job's number. */
    add(job: Omit<OutboxJob, 'seq'>): number
    get(seq: number): OutboxJob | undefined
    update(job: OutboxJob): void
    remove(seq: number): void
    /** Accounts that have a job due at `now`, at most 100. */
    dueAccounts(now: number): readonly AccountId[]
    /** Jobs of an account in order, at most `limit`, after the one with the number `after` (unless told, from the first). */
    ofAccount(account: AccountId, limit: number, after?: number): readonly OutboxJob[]
    /** The same, only those due at `now`. */
    dueOfAccount(account: AccountId, now: number, limit: number): readonly OutboxJob[]
    /** Those of one message to one account (and device, when given). */
    ofMessage(account: AccountId, messageId: MessageId): readonly OutboxJob[]
    byEnvelope(id: EnvelopeId): OutboxJob | undefined
    nextDueAt(): number | undefined
    count(): number
    /** Takes back every ciphertext, to be made anew: those keys are no more. */
    unseal(): void
  }
  readonly inbox: {
    seen(digest: EnvelopeDigest): SeenEnvelope | undefined
    markSeen(envelope: SeenEnvelope): void
    putUndecryptable(row: Undecryptable): void
    undecryptable(id: EnvelopeId): Undecryptable | undefined
    removeUndecryptable(id: EnvelopeId): void
    /** Forgets envelopes seen before `before`. */
    sweep(before: number): void
  }
  readonly receipts: {
    /** Marks a message as still to be receipted; `kind` as in the protocol. */
    due(account: AccountId, messageId: MessageId, kind: 'delivered' | 'read'): void
    /** Accounts with receipts due. */
    accounts(): readonly AccountId[]
    list(account: AccountId, kind: 'delivered' | 'read', limit: number): readonly MessageId[]
    clear(account: AccountId, kind: 'delivered' | 'read', ids: readonly MessageId[]): void
  }
  /** Which devices of a message's recipient have receipted it. */
  readonly deliveries: {
    add(key: MessageKey, device: DeviceId, kind: 'delivered' | 'read'): void
  }
  readonly resends: {
    /** Counts one more resend of this message to this device and returns how many there were before. */
    count(account: AccountId, device: DeviceId, messageId: MessageId): number
  }
  readonly signal: SignalRows
}

/** Opaque records of the Signal library. Addresses are `<account>.<device>`. */
export interface SignalRows {
  session(address: string): Uint8Array | undefined
  putSession(address: string, record: Uint8Array): void
  removeSession(address: string): void
  identity(address: string): Uint8Array | undefined
  putIdentity(address: string, key: Uint8Array): void
  preKey(id: number): Uint8Array | undefined
  putPreKey(id: number, record: Uint8Array): void
  removePreKey(id: number): void
  signedPreKey(id: number): Uint8Array | undefined
  putSignedPreKey(id: number, record: Uint8Array, createdAt: number): void
  newestSignedPreKey():
    { readonly id: number; readonly record: Uint8Array; readonly createdAt: number } | undefined
  kyberPreKey(id: number): { readonly record: Uint8Array; readonly lastResort: boolean } | undefined
  putKyberPreKey(id: number, record: Uint8Array, lastResort: boolean, createdAt: number): void
  newestLastResort():
    { readonly id: number; readonly record: Uint8Array; readonly createdAt: number } | undefined
  removeKyberPreKey(id: number): void
  /** False when this base key was used with the pair before. */
  markKyberUsed(kyberId: number, signedId: number, baseKey: Uint8Array): boolean
  /** Ids from a counter that never goes back; `count` of them. */
  nextPreKeyIds(kind: 'ec' | 'kyber' | 'signed', count: number): readonly number[]
  /** Removes signed and last-resort Kyber keys retired before `before`, but for the newest of each. */
  sweepRetired(before: number): void
  /** Removes everything but the counters: this is another device now. */
  clear(): void
}

/** Names of the tables a commit touched, and the conversations: of messages, of conversations and of contacts. */
export interface ChangeSet {
  readonly tables: ReadonlySet<keyof Tx>
  readonly conversations: ReadonlySet<ConversationId>
  /** Messages that are new, other than before, or gone; of a change of `history` they are not named. */
  readonly messages: readonly MessageKey[]
  /** Conversations of which all messages are gone; these are not named one by one. */
  readonly cleared: ReadonlySet<ConversationId>
  /** True when something that a person wrote is gone, or says something else. */
  readonly erased: boolean
}

/**
 * Setting: 'yes' while this is known to be an older copy of the device that has not become one of its own yet. The store says so when commits that
 * were reported are gone: with the keys of now, what it would send has been sent already.
 */
export const OLDER_COPY = 'device-behind'

/** The local database. One at a time is open per profile. */
export interface Store {
  /** Reads a consistent state. */
  read<T>(query: (tx: Tx) => T): T
  /** Runs `work` atomically and durably; listeners are told after the commit. Must not be nested or async. */
  transaction<T>(work: (tx: Tx) => T): T
  /**
   * The newest `limit` messages that hold all of the text, after `place`: first those with it at the beginning of words, then those with it
   * inside. Whatever was committed before is found, but for older messages that are not in the index yet. Not inside a transaction.
   */
  search(query: SearchQuery, place: SearchPlace | null, limit: number): SearchPage
  onCommit(listener: (change: ChangeSet) => void): () => void
  /** Whether the last thing to be written found no room. Nothing of it is there; reading goes on. */
  isFull(): boolean
  onFull(listener: (full: boolean) => void): () => void
  /** Transactions that were reported as committed and are gone, since this was last acknowledged: their part of the file was damaged. */
  missing(): number
  acknowledgeMissing(): void
  close(): void
}

/** Used and available bytes and persistence, where the platform tells. */
export interface StorageHealth {
  /** @param wanted bytes to try for: where they cannot be had, fewer than these are said to be available */
  estimate(wanted?: number): Promise<{
    used: number | null
    available: number | null
    persisted: 'granted' | 'denied' | 'unknown'
  }>
}
