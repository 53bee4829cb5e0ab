import type { Random, Clock, Log } from './ports/platform.ts'
import type { Archive } from './ports/archive.ts'
import type { CryptoPort, VerifiedList } from './ports/crypto.ts'
import type { PushBox } from './ports/push-box.ts'
import type { PeerNetwork, RelayApi, RequestSigner } from './ports/network.ts'
import type { ContactRow, OutboxJob, OwnAccount, StorageHealth, Store, Tx } from './ports/storage.ts'
import type { NetworkError } from './domain/errors.ts'
import type { PathInfo } from './domain/conversation.ts'
import type { DeviceInfo } from './domain/contact.ts'
import type { AccountId, DeviceId, EnvelopeId } from '../protocol/ids.ts'
import type { ListVersion } from '../protocol/content.ts'
import type { ConnectionState } from './api.ts'
import type { Result } from '../lib/result.ts'
import type { KeyedQueue } from '../lib/keyed-queue.ts'
import type { Emitter } from './emitter.ts'
import type { Lifetime } from './lifetime.ts'
import type { RelayHealth } from './relay-health.ts'

/** What a core is made of; composition roots bring it. */
export interface CoreDeps {
  readonly store: Store
  readonly crypto: CryptoPort
  readonly relays: RelayApi
  readonly peers: PeerNetwork
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly health: StorageHealth
  readonly archive: Archive
  readonly pushBox: PushBox
  /** Origin of the relay a new account takes as its home. */
  readonly homeRelay: string
  /** What invite links begin with, up to the fragment: `https://host`. */
  readonly linkBase: string
  /** Closes this core and opens another on the same store: this is another device now. */
  readonly restart: () => void
}

/** What a search for a newer list found: one was taken, there is none, or nobody could be asked. */
export type Refreshed = 'newer' | 'none' | 'unreachable'

/** The newest verified device lists of accounts. */
export interface Lists {
  /** The devices as last verified; empty when none is known yet. */
  devicesOf(contact: ContactRow): Promise<readonly DeviceInfo[]>
  /** Revision, hash and time of a contact's list as last verified. */
  versionOf(contact: ContactRow): Promise<(ListVersion & Pick<VerifiedList, 'signedAt'>) | undefined>
  /** Asks the relays, then the DHT. */
  refresh(account: AccountId): Promise<Refreshed>
  /** Takes a chain that came some other way, if it is newer and follows; true when it was. */
  offer(account: AccountId, chain: Uint8Array): Promise<boolean>
  /** Takes a sealed record, as a relay answers a deposit that named an older list. */
  offerRecord(account: AccountId, record: Uint8Array): Promise<boolean>
  own(): Promise<VerifiedList>
}

/** Direct connections: which device is at which peer. */
export interface Paths {
  /** Somebody would like a direct path: start one when there is none. */
  want(account: AccountId): void
  /** The connected peer of a device. */
  peerOf(account: AccountId, device: DeviceId): string | undefined
  info(account: AccountId): PathInfo
  /** How many direct connections there are. */
  directPeers(): number
  onKnock(
    account: AccountId,
    device: DeviceId,
    knock: { id: Uint8Array; peerId: string; addresses: readonly string[] }
  ): void
  onKnockReply(
    account: AccountId,
    device: DeviceId,
    reply: { peerId: string; addresses: readonly string[] }
  ): void
  /** Ends the direct connections of an account and lets none of its peers in again. */
  drop(account: AccountId): void
  /** Tells the home relays where this device is now. */
  publish(): Promise<void>
  /** A deposit for this account went through or not. */
  depositEnded(account: AccountId, ok: boolean): void
}

/** Something to be sent to an account. */
export type NewJob = Pick<OutboxJob, 'kind' | 'account' | 'messageId' | 'content'>

/** Sends what the outbox holds. */
export interface Outbox {
  /**
   * Runs `write` in a transaction and, where it answers true, puts the content into the same one for every device of the account. Sends it
   * soon. Resolves when that is durable; throws `StorageFailure`.
   */
  post(job: NewJob, write: (tx: Tx) => boolean): Promise<void>
  /** Looks at an account's jobs soon. */
  kick(account: AccountId): void
  kickAll(): void
  /** The device has committed these envelopes. */
  acknowledged(ids: readonly EnvelopeId[]): void
  /** Encrypts and sends something short-lived that is not kept, through the mailbox. */
  sendEphemeral(
    account: AccountId,
    device: DeviceId,
    content: Uint8Array,
    ttlSeconds: number
  ): Promise<boolean>
  /** Sends a body that is sealed already, once. */
  sendSealed(account: AccountId, device: DeviceId, body: Uint8Array, ttlSeconds: number): Promise<boolean>
}

/** Keeps our relays up to date: registration, keys, prekeys, list, endpoint. */
export interface RelayUpkeep {
  /** Makes a relay ready to be a home of ours. */
  join(origin: string): Promise<Result<null, NetworkError>>
  /** Says goodbye to the home relays: nobody is to look for us here. */
  leave(): Promise<void>
  /** Has every relay take its turn; resolves when each has ended, whether it succeeded or not. */
  run(): Promise<void>
  state(origin: string): Pick<ConnectionState['relays'][number], 'state' | 'since'>
}

/** Signals inside the core that are not commits. */
export interface CoreSignals {
  path: AccountId
  connection: null
}

/** Everything the parts of the core share. There is no state in it but what its members own. */
export interface CoreContext extends CoreDeps, Pick<Lifetime, 'background'>, Pick<RelayHealth, 'byHealth'> {
  readonly queue: KeyedQueue
  readonly signals: Emitter<CoreSignals>
  readonly lists: Lists
  readonly paths: Paths
  readonly outbox: Outbox
  readonly upkeep: RelayUpkeep
  own(): OwnAccount | undefined
  signer(own: OwnAccount): RequestSigner
}

/** Reads the own account or throws: for work that only runs once there is one. */
export const ownOf = (tx: Tx): OwnAccount => {
  const own = tx.account.get()
  if (!own) throw new Error('no account yet')
  return own
}
