import { LIMITS } from '../../src/protocol/limits.ts'
import type { Db, Tx } from '../db/schema.ts'
import type { Writer } from '../db/writer.ts'

/** What is known of a blob. */
export interface BlobState {
  readonly size: number
  readonly received: number
  /** All is there, and its hash is right. */
  readonly complete: boolean
}

export interface NewBlob {
  /** SHA-256 of its bytes. */
  readonly id: Uint8Array
  readonly size: number
  /** SHA-256 of the uploader's token. */
  readonly token: Uint8Array
  readonly now: number
  /** When room that nothing was put into is given up. */
  readonly expiresAt: number
  /** When a blob that is there already ends, unless it ends later. */
  readonly keepUntil: number
  /** Bytes that all blobs together may take up. */
  readonly capacity: number
}

/** `going`: it has ended, and is or will be deleted. */
export type BeginOutcome = BlobState | 'no-token' | 'other-size' | 'quota' | 'full' | 'going'

/** Metadata of blobs, and upload tokens. Times are ms since 1970. */
export interface BlobStore {
  /** A token good for so many bytes; asking again changes nothing. */
  grant(hash: Uint8Array, bytes: number, expiresAt: number): Promise<void>
  hasToken(hash: Uint8Array, now: number): Promise<boolean>
  /**
   * Begins an upload, or answers how far it is. The token pays for the whole when it begins; one that nothing came of in its time begins again
   * without paying.
   */
  begin(blob: NewBlob): Promise<BeginOutcome>
  /** Bytes that all blobs take up now, counting the next piece of unfinished ones. */
  held(): Promise<number>
  /** Undefined when there is none, or none any more. */
  find(id: Uint8Array, now: number): Promise<BlobState | undefined>
  /** Moves an upload on, which is given up at `expiresAt` unless it goes on; false when it does not stand at `from`. */
  advance(id: Uint8Array, from: number, to: number, expiresAt: number): Promise<boolean>
  /** Ends an upload that only its last piece was missing of; false when it does not stand at `from`. The blob is kept until `expiresAt`. */
  complete(id: Uint8Array, from: number, size: number, expiresAt: number): Promise<boolean>
  /**
   * Up to `most` that have ended, in the order of their ids, from the one after `after`. Their rows stay until `remove`, so that nothing begins
   * anew while bytes are being deleted.
   */
  ended(now: number, most: number, after: Uint8Array): Promise<readonly { id: Uint8Array; size: number }[]>
  /** Gives up one that has ended, before its bytes are deleted; false when it has not, or not any more. */
  giveUp(id: Uint8Array, now: number): Promise<boolean>
  /** Gives up an upload now; false when it does not stand at `from`. */
  end(id: Uint8Array, from: number): Promise<boolean>
  remove(ids: readonly Uint8Array[]): Promise<void>
  /** Deletes up to `most` tokens that have ended; returns how many. */
  sweepTokens(now: number, most: number): Promise<number>
}

/** The blob store in SQL. */
export const createBlobStore = (db: Db, writer: Writer): BlobStore => ({
  grant: (hash, bytes, expiresAt) =>
    writer.write(async (tx) => {
      await tx
        .insertInto('upload_tokens')
        .values({ hash, bytes_left: bytes, expires_at: expiresAt })
        .onConflict((conflict) => conflict.column('hash').doNothing())
        .execute()
    }),
  hasToken: async (hash, now) => (await bytesLeft(db, hash, now)) !== undefined,
  begin: (blob) =>
    writer.write(async (tx) => {
      // Sums are right only if nobody adds meanwhile.
      await writer.lock(tx, 'blobs')
      return begin(tx, blob)
    }),
  held: () => bytesHeld(db),
  find: async (id, now) => {
    const row = await rowOf(db, id)
    return row && row.expires_at > now ? stateOf(row) : undefined
  },
  advance: (id, from, to, expiresAt) =>
    writer.write((tx) => move(tx, id, from, { received: to, expires_at: expiresAt })),
  complete: (id, from, size, expiresAt) =>
    writer.write((tx) => move(tx, id, from, { received: size, complete: 1, expires_at: expiresAt })),
  ended: (now, most, after) =>
    db
      .selectFrom('blobs')
      .select(['id', 'size'])
      .where('expires_at', '<=', now)
      .where('id', '>', after)
      .orderBy('id')
      .limit(most)
      .execute(),
  giveUp: (id, now) =>
    writer.write(async (tx) => {
      // Nothing begins anew meanwhile.
      await writer.lock(tx, 'blobs')
      const { numUpdatedRows } = await tx
        .updateTable('blobs')
        .set(GIVEN_UP)
        .where('id', '=', id)
        .where('expires_at', '<=', now)
        .executeTakeFirstOrThrow()
      return Number(numUpdatedRows) === 1
    }),
  end: (id, from) => writer.write((tx) => move(tx, id, from, GIVEN_UP)),
  remove: (ids) =>
    writer.write(async (tx) => {
      if (ids.length > 0) await tx.deleteFrom('blobs').where('id', 'in', ids).execute()
    }),
  sweepTokens: (now, most) =>
    writer.write(async (tx) => {
      const { numDeletedRows } = await tx
        .deleteFrom('upload_tokens')
        .where('hash', 'in', (eb) =>
          eb
            .selectFrom('upload_tokens as old')
            .select('old.hash')
            .where('old.expires_at', '<=', now)
            .limit(most)
        )
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    }),
})

/** A row whose bytes are being deleted: nothing begins there until it is removed. */
const GIVEN_UP = { complete: 0, expires_at: 0 } as const

const begin = async (tx: Tx, blob: NewBlob): Promise<BeginOutcome> => {
  const { id, size, token, now, expiresAt, keepUntil, capacity } = blob
  const left = await bytesLeft(tx, token, now)
  if (left === undefined) return 'no-token'
  const row = await rowOf(tx, id)
  // Its time was over before anything came: there is nothing to delete, and it is paid for.
  const isPaid =
    row?.size === size && row.received === 0 && row.expires_at <= now && row.expires_at > GIVEN_UP.expires_at
  if (row && !isPaid) {
    if (row.expires_at <= now) return 'going'
    if (row.size !== size) return 'other-size'
    // Asking alone keeps no room: only what comes does.
    if (row.complete === 1 && row.expires_at < keepUntil)
      await tx.updateTable('blobs').set({ expires_at: keepUntil }).where('id', '=', id).execute()
    return stateOf(row)
  }
  if (!isPaid && left < size) return 'quota'
  const others = (await bytesHeld(tx)) - (isPaid ? Math.min(size, LIMITS.blobChunk) : 0)
  if (others + size > capacity) return 'full'
  if (isPaid) {
    await tx.updateTable('blobs').set({ expires_at: expiresAt }).where('id', '=', id).execute()
    return stateOf(row)
  }
  await tx
    .updateTable('upload_tokens')
    .set({ bytes_left: left - size })
    .where('hash', '=', token)
    .execute()
  await tx.insertInto('blobs').values({ id, size, received: 0, complete: 0, expires_at: expiresAt }).execute()
  return { size, received: 0, complete: false }
}

/** What came of all blobs, and the next piece of those that go on: room is had for what is sent, and not for what is said. */
const bytesHeld = async (db: Db | Tx): Promise<number> => {
  const row = await db
    .selectFrom('blobs')
    .select((eb) =>
      eb.fn
        .sum(
          eb
            .case()
            .when(eb('size', '>', eb('received', '+', LIMITS.blobChunk)))
            .then(eb('received', '+', LIMITS.blobChunk))
            .else(eb.ref('size'))
            .end()
        )
        .as('bytes')
    )
    .executeTakeFirst()
  return Number(row?.bytes ?? 0)
}

/** Changes an unfinished upload that stands at `from` and was not given up; false when it does not. */
const move = async (
  tx: Tx,
  id: Uint8Array,
  from: number,
  to: { received?: number; complete?: 0 | 1; expires_at?: number }
): Promise<boolean> => {
  const { numUpdatedRows } = await tx
    .updateTable('blobs')
    .set(to)
    .where('id', '=', id)
    .where('received', '=', from)
    .where('complete', '=', 0)
    .where('expires_at', '>', GIVEN_UP.expires_at)
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows) === 1
}

const bytesLeft = async (db: Db | Tx, hash: Uint8Array, now: number): Promise<number | undefined> => {
  const row = await db
    .selectFrom('upload_tokens')
    .select('bytes_left')
    .where('hash', '=', hash)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row?.bytes_left
}

const rowOf = (db: Db | Tx, id: Uint8Array) =>
  db.selectFrom('blobs').selectAll().where('id', '=', id).executeTakeFirst()

const stateOf = (row: { size: number; received: number; complete: number }): BlobState => ({
  size: row.size,
  received: row.received,
  complete: row.complete === 1,
})
