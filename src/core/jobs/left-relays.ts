import * as v from 'valibot'
import type { Tx } from '../ports/storage.ts'

const ListSchema = v.array(v.object({ origin: v.string(), until: v.number() }))
/** A relay that was a home of ours and may still hold mail until then, ms since 1970. */
export type LeftRelay = v.InferOutput<typeof ListSchema>[number]

/** Setting: the relays that were left. */
export const LEFT_RELAYS = 'left-relays'
/** Of more the oldest is forgotten. */
const MOST = 8

/** Relays that we have left and that are still looked after. */
export const leftRelays = (tx: Tx): readonly LeftRelay[] => {
  const stored = v.safeParse(ListSchema, JSON.parse(tx.settings.get(LEFT_RELAYS) ?? '[]'))
  return stored.success ? stored.output : []
}

const put = (tx: Tx, list: readonly LeftRelay[]): void =>
  tx.settings.put(LEFT_RELAYS, JSON.stringify(list.slice(-MOST)))

/** Looks after a relay that we leave. */
export const addLeftRelay = (tx: Tx, left: LeftRelay): void =>
  put(tx, [...leftRelays(tx).filter(({ origin }) => origin !== left.origin), left])

/** It is done with, or a home again. */
export const removeLeftRelay = (tx: Tx, origin: string): void =>
  put(
    tx,
    leftRelays(tx).filter((left) => left.origin !== origin)
  )
