/** What the core asks of the network. Frames are bytes here; their meaning is the core's. */
import type { NetworkError } from '../domain/errors.ts'
import type { Result } from '../../lib/result.ts'
import type { AccountId, DeviceId } from '../../protocol/ids.ts'
import type { IceServer } from '../../protocol/ice-servers.ts'
import type {
  AccessKeys,
  Bundles,
  Deposited,
  Info,
  PreKeyCounts,
  PreKeyUpload,
  PushRegistration,
  Registration,
  TurnAccess,
} from '../../protocol/relay-api.ts'
import type { OwnAccount } from './storage.ts'

export type Reply<T> = Promise<Result<T, NetworkError>>

/** Signs HTTP requests and mailbox hellos of this device. */
export interface RequestSigner {
  readonly account: AccountId
  readonly device: DeviceId
  sign(data: Uint8Array): Promise<Uint8Array>
}

/**
 * What a relay says to a device: `uninvited`: new accounts need an invitation there; `removed`: this device was removed from its account;
 * `behind`: the device has started elsewhere since, this is an older copy of it.
 */
export type Registered = 'registered' | 'uninvited' | 'removed' | 'behind'

/** The HTTP API of relays; `origin` names one. Keys of recipients are given per call; requests with them carry nothing of ours. */
export interface RelayApi {
  info(origin: string): Reply<Info>
  iceServers(origin: string, signer: RequestSigner): Reply<TurnAccess>
  register(origin: string, signer: RequestSigner, registration: Registration): Reply<Registered>
  /** Another device of the account is no more. */
  removeDevice(origin: string, signer: RequestSigner, device: DeviceId, approval: Uint8Array): Reply<null>
  putList(origin: string, signer: RequestSigner, locator: string, record: Uint8Array): Reply<null>
  getList(origin: string, locator: string): Reply<Uint8Array>
  putEndpoint(origin: string, signer: RequestSigner, sealed: Uint8Array): Reply<null>
  removeEndpoint(origin: string, signer: RequestSigner): Reply<null>
  getEndpoints(
    origin: string,
    account: AccountId,
    key: Uint8Array
  ): Reply<readonly { device: DeviceId; sealed: Uint8Array }[]>
  putPreKeys(origin: string, signer: RequestSigner, upload: PreKeyUpload): Reply<PreKeyCounts>
  preKeyCounts(origin: string, signer: RequestSigner): Reply<PreKeyCounts>
  claimPreKeys(origin: string, account: AccountId, key: Uint8Array): Reply<Bundles>
  putKeys(origin: string, signer: RequestSigner, keys: AccessKeys): Reply<null>
  /** `deposit` is a serialized Deposit; `stale` carries the newer SealedListRecord. */
  deposit(
    origin: string,
    account: AccountId,
    key: Uint8Array,
    deposit: Uint8Array
  ): Reply<Deposited | { stale: Uint8Array }>
  /** A serialized MailboxPage. */
  fetchMailbox(origin: string, signer: RequestSigner): Reply<Uint8Array>
  acknowledge(origin: string, signer: RequestSigner, ids: readonly string[]): Reply<null>
  /** `ended`: the push service has given this endpoint up. */
  putPush(origin: string, signer: RequestSigner, registration: PushRegistration): Reply<'stored' | 'ended'>
  removePush(origin: string, signer: RequestSigner): Reply<null>
  /** Subscriptions of the account's other devices end. */
  keepPushOf(origin: string, signer: RequestSigner, devices: readonly DeviceId[]): Reply<null>
}

/** Where a libp2p node can be reached just now. */
export interface LocalPeer {
  readonly peerId: string
  readonly addresses: readonly string[]
}

export type RelayLinkState = 'connected' | 'connecting' | 'down'

/** Things the peer network reports. */
export type PeerEvent =
  | { readonly type: 'relay'; readonly origin: string; readonly state: RelayLinkState }
  /** A MailboxFrame's bytes from the relay. */
  | { readonly type: 'mailbox'; readonly origin: string; readonly frame: Uint8Array }
  /** Own addresses changed (null: no reservation). */
  | { readonly type: 'local'; readonly peer: LocalPeer | null }
  | { readonly type: 'peer'; readonly peerId: string; readonly state: 'connected' | 'disconnected' }
  /** A PeerFrame's bytes over a direct connection. */
  | { readonly type: 'frame'; readonly peerId: string; readonly frame: Uint8Array }

/**
 * The libp2p node: direct connections to peers that were allowed, and mailbox streams to home relays. Only direct (WebRTC) connections
 * carry frames; a circuit only introduces. It keeps its relays connected by itself (keep-alive, backoff with jitter).
 */
export interface PeerNetwork {
  /** Keeps a mailbox stream to each relay, beside those it keeps already; `hello` makes the serialized Hello for the two peer ids (their multihash bytes). */
  start(
    relays: readonly { origin: string; info: Info }[],
    hello: (own: Uint8Array, relay: Uint8Array) => Promise<Uint8Array>
  ): Promise<void>
  /** STUN and TURN servers of a relay, in place of those it had; used by connections that are made from now on. */
  useIceServers(origin: string, servers: readonly IceServer[]): void
  /** Ends the stream to a relay and forgets it. */
  leave(origin: string): Promise<void>
  stop(): Promise<void>
  /** Lets an inbound connection of this peer through; others are refused before any ICE candidate is given. */
  allow(peerId: string): void
  forbid(peerId: string): void
  dial(peer: LocalPeer): Reply<null>
  /** Sends one PeerFrame; `ok` says it was given to an open stream, not that it arrived. */
  send(peerId: string, frame: Uint8Array): Reply<null>
  sendMailbox(origin: string, frame: Uint8Array): Reply<null>
  hangUp(peerId: string): Promise<void>
  roundTrip(peerId: string): number | null
  /** The DHT, loaded when first used. */
  dhtPut(locator: string, record: Uint8Array): Reply<null>
  dhtGet(locator: string): Reply<Uint8Array>
  /** Network may have changed or the machine slept: check links now. */
  wake(): void
  onEvent(listener: (event: PeerEvent) => void): () => void
}

/** Makes the signer of an account's device. */
export type SignerOf = (own: OwnAccount) => RequestSigner
