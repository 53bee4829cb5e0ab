import { createCensusStore, type CensusStore } from '../admin/census-store.ts'
import { createNonceStore, type NonceStore } from '../auth/nonce-store.ts'
import { createKeyStore, type KeyStore } from '../auth/key-store.ts'
import { createBlobStore, type BlobStore } from '../blobs/blob-store.ts'
import type { Db } from '../db/schema.ts'
import type { Writer } from '../db/writer.ts'
import { createDeviceStore, type DeviceStore } from '../devices/device-store.ts'
import { createEndpointStore, type EndpointStore } from '../endpoints/endpoint-store.ts'
import { createInviteStore, type InviteStore } from '../invites/invite-store.ts'
import type { RelayLimits } from '../limits.ts'
import { createListStore, type ListStore } from '../lists/list-store.ts'
import { createMailboxStore, type MailboxStore } from '../mailbox/mailbox-store.ts'
import { createPreKeyStore, type PreKeyStore } from '../prekeys/prekey-store.ts'
import { createPushStore, type PushStore } from '../push/push-store.ts'

/** Everything the relay keeps, by area. `tests/contract/relay/store-contract.ts` is its acceptance suite, on SQLite and on PostgreSQL. */
export interface StoreAreas {
  readonly devices: DeviceStore
  readonly keys: KeyStore
  readonly lists: ListStore
  readonly endpoints: EndpointStore
  readonly preKeys: PreKeyStore
  readonly mailbox: MailboxStore
  readonly nonces: NonceStore
  readonly invites: InviteStore
  readonly blobs: BlobStore
  readonly census: CensusStore
  readonly push: PushStore
}

/** The relay's store. Every method may fail with `StoreUnavailable`: the database cannot be used just now. */
export interface RelayStore extends StoreAreas {
  /** Waits for writes under way, then closes. */
  close(): Promise<void>
}

/** All areas over one database. */
export const createAreas = (db: Db, writer: Writer, limits: RelayLimits): StoreAreas => ({
  devices: createDeviceStore(db, writer),
  keys: createKeyStore(db, writer),
  lists: createListStore(db, writer, limits),
  endpoints: createEndpointStore(db, writer),
  preKeys: createPreKeyStore(db, writer),
  mailbox: createMailboxStore(db, writer, limits),
  nonces: createNonceStore(db, writer),
  invites: createInviteStore(db, writer),
  blobs: createBlobStore(db, writer),
  census: createCensusStore(db),
  push: createPushStore(db, writer),
})
