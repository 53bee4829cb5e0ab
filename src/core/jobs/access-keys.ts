import * as v from 'valibot'
import type { CryptoPort } from '../ports/crypto.ts'
import type { OwnAccount, Tx } from '../ports/storage.ts'
import type { AccessKeys } from '../../protocol/relay-api.ts'
import { fromBase64Url, toBase64Url } from '../../lib/bytes.ts'

const KeySchema = v.object({ key: v.string(), expiresAt: v.number() })
const ListSchema = v.array(KeySchema)
/** A key with the time it ends, ms since 1970. */
export type TimedKey = v.InferOutput<typeof KeySchema>

/** The lists of keys kept in the settings table. */
export type KeyList = 'invites' | 'retired-delivery-keys'

/** Invite or retired delivery keys that are still good at `now`, newest last. */
export const timedKeys = (tx: Tx, list: KeyList, now: number): readonly TimedKey[] => {
  const stored = v.safeParse(ListSchema, JSON.parse(tx.settings.get(list) ?? '[]'))
  return stored.success ? stored.output.filter((entry) => entry.expiresAt > now) : []
}

/** Adds a key; of more than `most` the oldest goes. */
export const addTimedKey = (tx: Tx, list: KeyList, entry: TimedKey, now: number, most: number): void =>
  tx.settings.put(list, JSON.stringify([...timedKeys(tx, list, now), entry].slice(-most)))

/** Everything that may open our mailbox, as the hashes a relay stores. */
export const accessKeys = (
  tx: Tx,
  own: OwnAccount,
  crypto: Pick<CryptoPort, 'sha256'>,
  now: number
): AccessKeys['keys'] => {
  const hash = (key: Uint8Array): string => toBase64Url(crypto.sha256(key))
  const timed = (list: KeyList, kind: 'delivery' | 'request') =>
    timedKeys(tx, list, now).map((entry) => ({
      hash: hash(fromBase64Url(entry.key) ?? new Uint8Array(32)),
      kind,
      expiresAt: entry.expiresAt,
    }))
  return [
    { hash: hash(own.deliveryKey), kind: 'delivery', expiresAt: null },
    ...timed('retired-delivery-keys', 'delivery'),
    ...timed('invites', 'request'),
  ]
}
