/**
 * What the core can be asked: commands, live queries and events, by name. The client's contract, for the app's own screens, for bots and
 * for embedders, is made of these.
 *
 * Every command answers with a `Result` and can be replayed: its ids are minted by the caller before dispatch. Live queries give the
 * present answer at once and again after each commit that changes it; they hold only what is committed.
 */
import type { Contact } from './domain/contact.ts'
import type { Conversation, PathInfo } from './domain/conversation.ts'
import type { MePassaError } from './domain/errors.ts'
import type { Message } from './domain/message.ts'
import type { Look } from './domain/settings.ts'
import type { MessagePlace, SearchPlace } from './ports/storage.ts'
import type { PushSubscriptionKeys } from '../protocol/relay-api.ts'
import type { Result } from '../lib/result.ts'
import type { AccountId, ConversationId, MessageId } from '../protocol/ids.ts'

export type { MessagePlace, SearchPlace } from './ports/storage.ts'

export type Outcome<T> = Result<T, MePassaError>

/** The person at this device. */
export interface Me {
  readonly account: AccountId
  readonly name: string
  readonly relays: readonly string[]
}

/** What an invite link says before anything is sent. */
export interface InvitePreview {
  readonly account: AccountId
  readonly name: string
  readonly relays: readonly string[]
  readonly expiresAt: number
  /** Set when this person is a contact already. */
  readonly known: Contact | null
}

/** Which messages of a conversation a window holds. */
export interface MessageRange {
  readonly conversation: ConversationId
  /** How many, up to the newest one or up to and including `around`'s. */
  readonly limit: number
  /** The window lies around a message, with so many `after` it. Without it, or when that is gone, it ends with the newest. */
  readonly around?: { readonly message: MessageId; readonly after: number }
}

/** A window over a conversation, oldest first. */
export interface MessageWindow {
  readonly messages: readonly Message[]
  /** More lie before the first. */
  readonly older: boolean
  /** Where it begins, if they do, also when the message that stood there is gone. Null: with the first of all. */
  readonly from: MessagePlace | null
  /** More lie after the last. */
  readonly newer: boolean
  /** The message it was asked to lie around, if that is there. */
  readonly around: MessageId | null
  /** Id of the first message that was unread when the query began, for the "new messages" line. */
  readonly firstUnread: MessageId | null
}

/** Safety number of a contact (Signal's fingerprint over account ids and keys). */
export interface Safety {
  /** 60 digits. */
  readonly digits: string
  /** Content of the QR code. */
  readonly scannable: Uint8Array
  readonly contact: Contact
  /** Devices that appeared since the person last looked; not empty while safety is `review`. */
  readonly newDevices: readonly number[]
  /** When the contact's newest device list was signed, ms since 1970; null: none is known. It is signed anew at least monthly. */
  readonly listSignedAt: number | null
}

/** The relays and how the link to each is. */
export interface ConnectionState {
  readonly online: boolean
  readonly relays: readonly {
    readonly origin: string
    /** `uninvited`: it takes new accounts by invitation only. */
    readonly state: 'connected' | 'connecting' | 'down' | 'uninvited'
    readonly since: number
  }[]
  readonly device: DeviceStanding
  readonly directPeers: number
  /** Jobs that wait to be sent. */
  readonly queued: number
}

/** Room for the local store. `full`: nothing new can be kept, what is there can be read; it ends by itself when there is room again. */
export type StorageLevel = 'ok' | 'low' | 'full'

/** Notifications of this device. */
export interface NotificationSettings {
  readonly on: boolean
  readonly previews: boolean
  /** What the browser is to subscribe with, base64url; null while they are off. */
  readonly vapidKey: string | null
  /** The endpoint that relays push to; null: the browser is to subscribe, anew if it has one. */
  readonly endpoint: string | null
  /** Every home relay has been told where to push to. */
  readonly ready: boolean
  /** Home relays that will not push there: what arrives at them is seen when the app is opened. */
  readonly refused: readonly string[]
}

/**
 * How this device stands to its account. `renewed`: what is kept here was an older copy, so it has become a device of its own, and the person has
 * not been told yet; `removed`: the account goes on in another browser, nothing is sent or received here.
 */
export type DeviceStanding = 'good' | 'renewed' | 'removed'

/** Health of the local store. Bytes. */
export interface StorageState {
  readonly used: number | null
  readonly available: number | null
  /** `denied` and `unknown` are shown with what to do about it. */
  readonly persisted: 'granted' | 'denied' | 'unknown'
  readonly level: StorageLevel
}

/** Where to search: null is everywhere, by everyone, at any time (`from` ≤ at < `until`, ms). */
export interface SearchScope {
  readonly conversation: ConversationId | null
  readonly author: AccountId | null
  readonly from: number | null
  readonly until: number | null
}

export interface SearchResults {
  readonly hits: readonly SearchHit[]
  /** To be given back for more; null when that was all. */
  readonly next: SearchPlace | null
  /** Messages of an earlier version are still being indexed: the oldest may be missing. */
  readonly indexing: boolean
}

export interface SearchHit {
  readonly message: Message
  readonly contact: Contact
  /** The text around the hit, with matches between U+0002 and U+0003. */
  readonly excerpt: string
}

/** Answers of one-time questions and commands, each by its name: [argument, answer]. */
export interface Commands {
  me: [null, Me | null]
  createAccount: [{ name: string }, Me]
  rename: [{ name: string }, Me]
  /** The recovery words of the account, 24 of them. */
  recoveryWords: [null, readonly string[]]
  /**
   * Takes a further relay as a home: a name (`relay.example.org`) or an address. It is asked first; errors: `relay-malformed`,
   * `relays-full` (three at most), and those of the network when it does not answer.
   */
  addRelay: [{ address: string }, Me]
  /** Leaves a relay; mail that still lies there is fetched. Error: `relay-last`. */
  removeRelay: [{ origin: string }, Me]
  /** A link to give away; the same one until it is about to expire or is renewed. */
  inviteLink: [{ renew: boolean }, { link: string; expiresAt: number }]
  /** Reads a link; sends nothing. */
  previewInvite: [{ link: string }, InvitePreview]
  /** All contacts, whatever their state. */
  contacts: [null, readonly Contact[]]
  /** Adds the contact and says hello. */
  addContact: [{ link: string }, Contact]
  acceptRequest: [{ account: AccountId }, Contact]
  ignoreRequest: [{ account: AccountId }, Contact]
  block: [{ account: AccountId }, Contact]
  unblock: [{ account: AccountId }, Contact]
  /** `id` is a UUIDv7 minted by the caller; sending it twice is sending it once. */
  sendMessage: [{ conversation: ConversationId; id: MessageId; text: string }, Message]
  /** Gives an own text another wording, here and at the other side. */
  editMessage: [{ conversation: ConversationId; id: MessageId; text: string }, Message]
  /** Deletes a message: an own one on both sides, another's here. What it said is gone from this device's files. */
  deleteMessage: [{ conversation: ConversationId; author: AccountId; id: MessageId }, null]
  /** Deletes all messages of a conversation here, for good. What has left for the other side arrives there, what has not is not sent. */
  clearMessages: [{ conversation: ConversationId }, null]
  /**
   * Has new messages of a chat vanish on both sides: so many seconds (at most four weeks) after they were sent from where they were written, and
   * after they were read elsewhere. 0: they stay.
   */
  setVanishAfter: [{ account: AccountId; seconds: number }, Contact]
  retryMessage: [{ conversation: ConversationId; id: MessageId }, Message]
  markRead: [{ conversation: ConversationId; upTo: MessageId }, null]
  /** A conversation from its first message on, at most `limit` (500) after a place; `next` is null with the last. For going through all of it. */
  messagePage: [
    { conversation: ConversationId; after: MessagePlace | null; limit: number },
    { messages: readonly Message[]; next: MessagePlace | null },
  ]
  saveDraft: [{ conversation: ConversationId; text: string }, null]
  safety: [{ account: AccountId }, Safety]
  markVerified: [{ account: AccountId; verified: boolean }, Contact]
  /** The person has looked at new devices or keys and goes on. */
  confirmSafety: [{ account: AccountId }, Contact]
  /**
   * Newest first: messages with all the words (or beginnings of words; phrases between quotation marks), then those that hold them inside a
   * word. A page may be shorter than `limit` and not be the last.
   */
  search: [{ query: string; scope: SearchScope; after: SearchPlace | null; limit: number }, SearchResults]
  /**
   * The next piece of a backup: `id` names one, `index` counts from 0, the last piece asked for is given again. It holds history, contacts and
   * settings, and of the account what outlives a device; the window adds what it keeps itself. Without a passphrase (null) the recovery words open it;
   * they stay in the core.
   */
  backupPiece: [
    { id: string; passphrase: string | null; index: number; look: Look },
    { bytes: Uint8Array; done: boolean },
  ]
  /** Gives a piece of a backup; null ends it, and the answer says who one is now and what the windows looked like. Only where there is no account. */
  restorePiece: [
    { id: string; passphrase: string; index: number; bytes: Uint8Array | null },
    { me: Me | null; look: Look },
  ]
  /**
   * Makes this a new device of the account, in place of all others, where it was removed: the person wants the account back here. (The core does it
   * by itself where it finds that it is an older copy.)
   */
  renewDevice: [null, null]
  /** The person has seen that the device was renewed. */
  acknowledgeDevice: [null, null]
  storage: [null, StorageState]
  setReadReceipts: [{ on: boolean }, null]
  settings: [null, { readReceipts: boolean }]
  /** Notifications of this device, and whether contacts send previews for them. */
  setNotifications: [{ on: boolean; previews: boolean }, null]
  /** The browser's subscription, made with the `vapidKey` of `notifications`; null: there is none any more. */
  setPushSubscription: [PushSubscriptionKeys | null, null]
  /** Takes subscriptions back at the relays, before everything here is deleted. */
  endPush: [null, null]
  /** Tells the core that the network may have changed (online event, wake-up from sleep). */
  wake: [null, null]
}

/** Queries that stay right: [argument, value]. */
export interface LiveQueries {
  me: [null, Me | null]
  /** The chat list, most recently active first. A long one comes in pieces, each value holding all that have come. */
  conversations: [null, readonly Conversation[]]
  /** Messages, and all that come between or after them from then on. Grow `limit` to load older ones, `after` for newer ones. */
  messages: [MessageRange, MessageWindow]
  contact: [{ account: AccountId }, Contact | null]
  path: [{ conversation: ConversationId }, PathInfo]
  connection: [null, ConnectionState]
  notifications: [null, NotificationSettings]
}

/** Things that happen once. */
export interface Events {
  /** A message from somebody else was committed. */
  messageReceived: { readonly message: Message; readonly contact: Contact }
  contactRequest: { readonly contact: Contact }
  /** Messages are gone, or say something else than before: what was found earlier may be no more. */
  messagesErased: null
  /** There is less room for the store, or more. */
  storageLevel: { readonly level: StorageLevel }
}

export type CommandName = keyof Commands
export type LiveName = keyof LiveQueries
export type EventName = keyof Events
