import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { RELAY_LIMITS } from '../../../relay-server/limits.ts'
import { holdSqlite } from '../../../relay-server/store/hold-sqlite.ts'
import { openSqliteStore, storeOver } from '../../../relay-server/store/sqlite-store.ts'
import { storeContract } from './store-contract.ts'

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'mepassa-store-'))

// All that the relay runs but the thread, which takes as long to start as a case to run: what passes between is copied as it is for one.
storeContract('SQLite', () => {
  const dataDir = newFolder()
  return {
    open: (limits) => {
      const { port1, port2 } = new MessageChannel()
      void holdSqlite({ path: join(dataDir, 'relay.sqlite'), limits: { ...RELAY_LIMITS, ...limits } }, port2)
      return storeOver(port1)
    },
    destroy: () => rm(dataDir, { recursive: true }),
  }
})

test('a thread holds it in a running relay, and says so when it cannot', async () => {
  const dataDir = newFolder()
  const store = await openSqliteStore(dataDir, RELAY_LIMITS)
  await store.invites.add({
    hash: new Uint8Array(32),
    label: 'kept',
    usesLeft: 1,
    createdAt: 1,
    expiresAt: null,
  })
  await store.close()
  const again = await openSqliteStore(dataDir, RELAY_LIMITS)
  expect((await again.invites.list()).map(({ label }) => label)).toEqual(['kept'])
  await again.close()
  await expect(openSqliteStore('/dev/null/x', RELAY_LIMITS)).rejects.toThrow('ENOTDIR')
  await rm(dataDir, { recursive: true })
})
