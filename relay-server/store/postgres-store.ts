import { createTransactionWriter } from '../db/own-transactions.ts'
import { openPostgres, type PostgresSettings } from '../db/open-postgres.ts'
import { isPostgresLost } from '../db/postgres-lost.ts'
import { StoreUnavailable } from '../db/unavailable.ts'
import type { RelayLimits } from '../limits.ts'
import { mapMethods, methodOf } from './methods.ts'
import { createAreas, type RelayStore } from './relay-store.ts'

/** The store in PostgreSQL, which several relays may share. */
export const openPostgresStore = async (
  settings: PostgresSettings,
  limits: RelayLimits
): Promise<RelayStore> => {
  const db = await openPostgres(settings)
  const writer = createTransactionWriter(db)
  const areas = createAreas(db, writer, limits)
  return {
    ...mapMethods((area, name) => {
      const method = methodOf(areas, area, name)
      return async (...args) => {
        try {
          return await method?.(...args)
        } catch (error) {
          throw isPostgresLost(error) ? new StoreUnavailable(error) : error
        }
      }
    }),
    close: async () => {
      await writer.idle()
      await db.destroy()
    },
  }
}
