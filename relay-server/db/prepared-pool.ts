import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { COUNTED } from './counted-query.ts'

/**
 * A pool whose connections keep counted queries prepared, by a name for each text: the server reads and plans an INSERT of sixty rows once, and not
 * for every batch. Other queries stay without a name: their texts have no end.
 */
export const preparing = (pool: Pool): PostgresPool => {
  const names = new Map<string, string>()
  const nameOf = (text: string): string | undefined => {
    if (!text.startsWith(COUNTED)) return undefined
    const known = names.get(text)
    if (known !== undefined) return known
    const name = `counted-${names.size}`
    names.set(text, name)
    return name
  }
  const naming = (client: PoolClient): PostgresPoolClient => {
    const query = (text: string, values: readonly unknown[]) =>
      client.query({ name: nameOf(text), text, values: [...values] })
    return {
      // Kysely asks by cursor as well, for answers that come in pieces: nobody here does.
      query: query as unknown as PostgresPoolClient['query'],
      release: (destroy) => client.release(destroy),
    }
  }
  return {
    connect: async () => naming(await pool.connect()),
    end: () => pool.end(),
    options: pool.options,
  }
}
