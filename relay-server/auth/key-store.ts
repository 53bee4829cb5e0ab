import { equalBytes, toHex } from '../../src/lib/bytes.ts'
import { accountIdBytes, type AccountId } from '../../src/protocol/ids.ts'
import type { Db } from '../db/schema.ts'
import type { Writer } from '../db/writer.ts'

export type KeyKind = 'delivery' | 'request'

/** SHA-256 of a key that opens something of an account; `expiresAt` in ms since 1970. */
export interface AccessKey {
  readonly hash: Uint8Array
  readonly kind: KeyKind
  readonly expiresAt: number | null
}

/** The hashes of the keys that open an account's mailbox. */
export interface KeyStore {
  /** Puts this set in place of all there was. */
  replace(account: AccountId, keys: readonly AccessKey[]): Promise<void>
  /** Which of these open their account's mailbox as delivery keys now, by their places. */
  matchMany(
    shown: readonly { readonly account: AccountId; readonly keyHash: Uint8Array }[],
    now: number
  ): Promise<readonly boolean[]>
  /** What a key with this hash opens now; takes as long for a wrong key as for a right one. */
  match(account: AccountId, hash: Uint8Array, now: number): Promise<KeyKind | undefined>
}

/** The key store in SQL. */
export const createKeyStore = (db: Db, writer: Writer): KeyStore => ({
  replace: (account, keys) =>
    writer.write(async (tx) => {
      const id = accountIdBytes(account)
      await writer.lock(tx, `keys ${account}`)
      await tx.deleteFrom('access_keys').where('account', '=', id).execute()
      if (keys.length === 0) return
      await tx
        .insertInto('access_keys')
        .values(
          keys.map((key) => ({ account: id, hash: key.hash, kind: key.kind, expires_at: key.expiresAt }))
        )
        .onConflict((conflict) => conflict.columns(['account', 'hash']).doNothing())
        .execute()
    }),
  matchMany: async (shown, now) => {
    if (shown.length === 0) return []
    const rows = await db
      .selectFrom('access_keys')
      .select(['account', 'hash', 'expires_at'])
      .where(
        'account',
        'in',
        shown.map(({ account }) => accountIdBytes(account))
      )
      .where(
        'hash',
        'in',
        shown.map(({ keyHash }) => keyHash)
      )
      .where('kind', '=', 'delivery')
      .execute()
    const good = rows.filter(({ expires_at: end }) => end === null || end > now)
    const names = new Set(good.map(({ account, hash }) => `${toHex(account)}.${toHex(hash)}`))
    return shown.map(({ account, keyHash }) =>
      names.has(`${toHex(accountIdBytes(account))}.${toHex(keyHash)}`)
    )
  },
  match: async (account, hash, now) => {
    const rows = await db
      .selectFrom('access_keys')
      .select(['hash', 'kind', 'expires_at'])
      .where('account', '=', accountIdBytes(account))
      .execute()
    let found: KeyKind | undefined
    for (const row of rows) {
      if (equalBytes(row.hash, hash) && (row.expires_at === null || row.expires_at > now)) found = row.kind
    }
    return found
  },
})
