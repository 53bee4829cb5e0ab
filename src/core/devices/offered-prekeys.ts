import * as v from 'valibot'
import type { PreKeyIds } from '../ports/crypto.ts'
import type { Tx } from '../ports/storage.ts'

/** Setting: the one-time keys that were made for each relay and that it has not said to have taken, by origin. */
const OFFERED = 'offered-prekeys'
const IdsSchema = v.array(v.number())
const OfferedSchema = v.record(v.string(), v.object({ ec: IdsSchema, kyber: IdsSchema }))

const all = (tx: Tx): Readonly<Record<string, PreKeyIds>> => {
  const stored = v.safeParse(OfferedSchema, JSON.parse(tx.settings.get(OFFERED) ?? '{}'))
  return stored.success ? stored.output : {}
}

/** They are offered again: a relay that refuses for days would else have new ones stored at each try. */
export const offeredPreKeys = (tx: Tx, origin: string): PreKeyIds | undefined => all(tx)[origin]

export const putOffered = (tx: Tx, origin: string, ids: PreKeyIds): void =>
  tx.settings.put(OFFERED, JSON.stringify({ ...all(tx), [origin]: ids }))

/** The relay has them. */
export const removeOffered = (tx: Tx, origin: string): void => {
  const { [origin]: taken, ...others } = all(tx)
  if (taken) tx.settings.put(OFFERED, JSON.stringify(others))
}
