import { join } from 'node:path'
import { createKeyStore, type KeyStore } from './auth/key-store.ts'
import { createWriter } from './db/group-commit.ts'
import { openSqlite } from './db/open.ts'
import { createDeviceStore, type DeviceStore } from './devices/device-store.ts'
import { createEndpointStore, type EndpointStore } from './endpoints/endpoint-store.ts'
import type { RelayLimits } from './limits.ts'
import { createListStore, type ListStore } from './lists/list-store.ts'
import { createMailboxStore, type MailboxStore } from './mailbox/mailbox-store.ts'
import { createPreKeyStore, type PreKeyStore } from './prekeys/prekey-store.ts'

/** Everything the relay keeps. The port that a PostgreSQL store implements too; `tests/contract/relay` is its acceptance suite. */
export interface RelayStore {
  readonly devices: DeviceStore
  readonly keys: KeyStore
  readonly lists: ListStore
  readonly endpoints: EndpointStore
  readonly preKeys: PreKeyStore
  readonly mailbox: MailboxStore
  /** Waits for writes under way, then closes. */
  close(): Promise<void>
}

/** The embedded store: one SQLite file in `dataDir`. */
export const openSqliteStore = async (dataDir: string, limits: RelayLimits): Promise<RelayStore> => {
  const db = await openSqlite(join(dataDir, 'relay.sqlite'))
  const writer = createWriter(db)
  return {
    devices: createDeviceStore(db, writer),
    keys: createKeyStore(db, writer),
    lists: createListStore(db, writer, limits.foreignLists),
    endpoints: createEndpointStore(db, writer),
    preKeys: createPreKeyStore(db, writer),
    mailbox: createMailboxStore(db, writer, limits),
    close: async () => {
      await writer.idle()
      await db.destroy()
    },
  }
}
