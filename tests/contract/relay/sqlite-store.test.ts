import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RELAY_LIMITS } from '../../../relay-server/limits.ts'
import { openSqliteStore } from '../../../relay-server/store/sqlite-store.ts'
import { storeContract } from './store-contract.ts'

storeContract('SQLite', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'mepassa-store-'))
  return {
    open: (limits) => openSqliteStore(dataDir, { ...RELAY_LIMITS, ...limits }),
    destroy: () => rm(dataDir, { recursive: true }),
  }
})
