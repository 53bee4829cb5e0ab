import { utf8 } from '../../src/lib/bytes.ts'
import { sha256 } from '../../src/protocol/sha256.ts'
import type { Db } from '../db/schema.ts'
import type { Writer } from '../db/writer.ts'

/** Nonces of signed requests, for relays that share a store: a request that one has taken is used up for all. */
export interface NonceStore {
  /** False if it is there already. */
  use(who: string, nonce: string, expiresAt: number): Promise<boolean>
  /** Deletes up to `most` that have ended; returns how many. */
  sweep(now: number, most: number): Promise<number>
}

/** The nonce store in SQL. */
export const createNonceStore = (_db: Db, writer: Writer): NonceStore => ({
  use: (who, nonce, expiresAt) =>
    writer.write(async (tx) => {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('nonces')
        .values({ hash: sha256(utf8(`${who} ${nonce}`)), expires_at: expiresAt })
        .onConflict((conflict) => conflict.column('hash').doNothing())
        .executeTakeFirstOrThrow()
      return Number(numInsertedOrUpdatedRows ?? 0) === 1
    }),
  sweep: (now, most) =>
    writer.write(async (tx) => {
      const { numDeletedRows } = await tx
        .deleteFrom('nonces')
        .where('hash', 'in', (eb) =>
          eb.selectFrom('nonces as old').select('old.hash').where('old.expires_at', '<=', now).limit(most)
        )
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    }),
})
