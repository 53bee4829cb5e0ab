/** Ends of bodies that many envelopes have in common: one row for all of them, as long as one of them waits. */
import type { Tx } from '../db/schema.ts'

const ID_BYTES = 16

/** Bytes of an envelope as its device gets it. */
export const sizeOf = ({ body, tail }: { readonly body: Uint8Array; readonly tail?: Uint8Array }): number =>
  body.length + (tail?.length ?? 0)

/** Keeps the ends of a transaction's envelopes. */
export interface SharedBodies {
  /** The id under which an end is kept; the same object is kept once. */
  keep(tx: Tx, tail: Uint8Array, expiresAt: number): Promise<Uint8Array>
  /** Drops those that no envelope of the transaction has come to use. */
  dropUnused(tx: Tx): Promise<void>
}

/** Makes it, for one transaction. */
export const createSharedBodies = (): SharedBodies => {
  const ids = new Map<Uint8Array, Uint8Array>()
  return {
    keep: async (tx, tail, expiresAt) => {
      const known = ids.get(tail)
      if (known) return known
      const id = crypto.getRandomValues(new Uint8Array(ID_BYTES))
      ids.set(tail, id)
      await tx.insertInto('shared_bodies').values({ id, body: tail, expires_at: expiresAt }).execute()
      return id
    },
    dropUnused: (tx) => dropUnused(tx, [...ids.values()]),
  }
}

/** Deletes those of these that no envelope uses any more. Of two that end their use at once neither may see it: `sweepUnused` does. */
export const dropUnused = async (tx: Tx, ids: readonly (Uint8Array | null)[]): Promise<void> => {
  const some = ids.filter((id) => id !== null)
  if (some.length === 0) return
  await unused(tx)
    .where('id', 'in', [...some])
    .execute()
}

/** Deletes all that no envelope uses any more. */
export const sweepUnused = async (tx: Tx): Promise<void> => {
  await unused(tx).execute()
}

const unused = (tx: Tx) =>
  tx
    .deleteFrom('shared_bodies')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('envelopes')
            .select('envelopes.seq')
            .whereRef('envelopes.shared', '=', 'shared_bodies.id')
        )
      )
    )
