import type { Db, Tx } from '../db/schema.ts'
import type { Writer } from '../db/writer.ts'

/** A code that lets so many accounts register; times in ms since 1970. Only the hash of the code is kept. */
export interface InviteCode {
  /** SHA-256, see `inviteCodeHash`. */
  readonly hash: Uint8Array
  /** What the operator calls it: "family", a date. */
  readonly label: string
  readonly usesLeft: number
  readonly createdAt: number
  /** null: never. */
  readonly expiresAt: number | null
}

/** Codes of a relay whose registration is closed; registering itself uses them up (`DeviceStore.register`). */
export interface InviteStore {
  add(code: InviteCode): Promise<void>
  /** All, the newest first; those that are used up or over, too. */
  list(): Promise<readonly InviteCode[]>
  /** False if there is none with this hash. */
  remove(hash: Uint8Array): Promise<boolean>
}

/** The invite store in SQL. */
export const createInviteStore = (db: Db, writer: Writer): InviteStore => ({
  add: ({ hash, label, usesLeft, createdAt, expiresAt }) =>
    writer.write(async (tx) => {
      await tx
        .insertInto('invite_codes')
        .values({ hash, label, uses_left: usesLeft, created_at: createdAt, expires_at: expiresAt })
        .execute()
    }),
  list: async () => {
    const rows = await db.selectFrom('invite_codes').selectAll().orderBy('created_at', 'desc').execute()
    return rows.map((row) => ({
      hash: row.hash,
      label: row.label,
      usesLeft: row.uses_left,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
    }))
  },
  remove: (hash) =>
    writer.write(async (tx) => {
      const { numDeletedRows } = await tx
        .deleteFrom('invite_codes')
        .where('hash', '=', hash)
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows) > 0
    }),
})

/** Uses a code once, inside the transaction that registers; false if it is none, used up or over. */
export const takeInvite = async (tx: Tx, hash: Uint8Array, now: number): Promise<boolean> => {
  const { numUpdatedRows } = await tx
    .updateTable('invite_codes')
    .set((eb) => ({ uses_left: eb('uses_left', '-', 1) }))
    .where('hash', '=', hash)
    .where('uses_left', '>', 0)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows) === 1
}
