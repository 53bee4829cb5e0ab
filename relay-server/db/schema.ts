/** The tables as Kysely sees them. Times are ms since 1970, ids of accounts and envelopes their bytes. */
import type { Generated, Kysely, Transaction } from 'kysely'

export interface AccountsTable {
  account: Uint8Array
  publish_key: Uint8Array
}

export interface DevicesTable {
  account: Uint8Array
  device: number
  request_key: Uint8Array
  /** Waiting envelopes, counted along so that a deposit need not. */
  queued_count: number
  queued_bytes: number
  /** How often it has started, as it says; 0: it has not said. */
  epoch: number
  /** Names its present start. */
  start: Uint8Array | null
}

export interface RemovedDevicesTable {
  account: Uint8Array
  device: number
}

export interface PreKeySetsTable {
  account: Uint8Array
  device: number
  identity_key: Uint8Array
  registration_id: number
  signed_id: number
  signed_key: Uint8Array
  signed_signature: Uint8Array
  kyber_id: number
  kyber_key: Uint8Array
  kyber_signature: Uint8Array
  /** Id of the newest one-time key that ever came; null before the first. */
  newest_ec: number | null
  newest_kyber: number | null
}

export interface OneTimeKeysTable {
  seq: Generated<number>
  account: Uint8Array
  device: number
  kind: 'ec' | 'kyber'
  key_id: number
  public_key: Uint8Array
  /** Kyber keys alone. */
  signature: Uint8Array | null
}

export interface EndpointsTable {
  account: Uint8Array
  device: number
  sealed: Uint8Array
  expires_at: number
}

export interface AccessKeysTable {
  account: Uint8Array
  hash: Uint8Array
  kind: 'delivery' | 'request'
  expires_at: number | null
}

export interface ListsTable {
  locator: Uint8Array
  publish_key: Uint8Array
  revision: number
  record: Uint8Array
  /** 1 when a device registered here put it; 0 when it came by the DHT alone. */
  home: number
  stored_at: number
}

export interface EnvelopesTable {
  seq: Generated<number>
  account: Uint8Array
  device: number
  envelope: Uint8Array
  /** All of it, or what comes before the shared end. */
  body: Uint8Array
  /** The shared end of its body, if it has one. */
  shared: Uint8Array | null
  size: number
  /** Hash of the request key it came by, to count them; null for a delivery key, of which no trace is kept. */
  request_hash: Uint8Array | null
  stored_at: number
  expires_at: number
}

/** Ends of bodies that many envelopes have in common. */
export interface SharedBodiesTable {
  id: Uint8Array
  body: Uint8Array
  expires_at: number
}

export interface NoncesTable {
  hash: Uint8Array
  expires_at: number
}

export interface InviteCodesTable {
  hash: Uint8Array
  label: string
  uses_left: number
  created_at: number
  expires_at: number | null
}

/** Tokens to upload with; of whom is not kept. */
export interface UploadTokensTable {
  hash: Uint8Array
  bytes_left: number
  expires_at: number
}

export interface BlobsTable {
  /** SHA-256 of the bytes, which lie elsewhere. */
  id: Uint8Array
  size: number
  received: number
  /** 1 when all is there and the hash is right. */
  complete: number
  expires_at: number
}

export interface PushSubscriptionsTable {
  account: Uint8Array
  device: number
  endpoint: string
  p256dh: Uint8Array
  auth: Uint8Array
  vapid_public: Uint8Array
  vapid_private: Uint8Array
  token: Uint8Array
}

/** The last subscription of a device that its push service has given up. */
export interface PushEndingsTable {
  account: Uint8Array
  device: number
  endpoint_hash: Uint8Array
}

export interface Tables {
  accounts: AccountsTable
  devices: DevicesTable
  removed_devices: RemovedDevicesTable
  prekey_sets: PreKeySetsTable
  one_time_keys: OneTimeKeysTable
  endpoints: EndpointsTable
  access_keys: AccessKeysTable
  lists: ListsTable
  envelopes: EnvelopesTable
  shared_bodies: SharedBodiesTable
  nonces: NoncesTable
  invite_codes: InviteCodesTable
  upload_tokens: UploadTokensTable
  blobs: BlobsTable
  push_subscriptions: PushSubscriptionsTable
  push_endings: PushEndingsTable
}

export type Db = Kysely<Tables>
export type Tx = Transaction<Tables>
/** Either: for reads that may be part of a transaction. */
export type Queries = Db | Tx
