import type { RelayConfig } from '../config.ts'
import type { RelayStore } from './relay-store.ts'
import { openSqliteStore } from './sqlite-store.ts'

/** Opens the store that the settings name: PostgreSQL, or the embedded SQLite. */
export const openStore = async ({ databaseUrl, dataDir, limits }: RelayConfig): Promise<RelayStore> => {
  if (databaseUrl === null) return openSqliteStore(dataDir, limits)
  // A relay on a small machine does not load a driver that it never uses.
  const { openPostgresStore } = await import('./postgres-store.ts')
  return openPostgresStore({ url: databaseUrl, connections: limits.databaseConnections }, limits)
}
