import * as v from 'valibot'
import { ownOf } from '../context.ts'
import type { CryptoPort } from '../ports/crypto.ts'
import type { Random } from '../ports/platform.ts'
import type { Tx } from '../ports/storage.ts'
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

const KEY_BYTES = 32
/** Setting: the delivery key that comes after the present one, base64url. */
export const NEXT_DELIVERY_KEY = 'next-delivery-key'

const nextKey = (tx: Tx): Uint8Array | undefined => {
  const stored = fromBase64Url(tx.settings.get(NEXT_DELIVERY_KEY) ?? '')
  return stored?.length === KEY_BYTES ? stored : undefined
}

export const hasNextDeliveryKey = (tx: Tx): boolean => nextKey(tx) !== undefined

/** Makes another next delivery key, for relays to have before any contact is told of it. */
export const prepareDeliveryKey = (tx: Tx, random: Pick<Random, 'bytes'>): void =>
  tx.settings.put(NEXT_DELIVERY_KEY, toBase64Url(random.bytes(KEY_BYTES)))

/**
 * The next delivery key, in whose place another one comes. Contacts may use it as soon as they are told of it: a key that relays do not have
 * yet, because this device went away meanwhile, would have their messages refused.
 */
export const takeDeliveryKey = (tx: Tx, random: Pick<Random, 'bytes'>): Uint8Array => {
  const key = nextKey(tx) ?? random.bytes(KEY_BYTES)
  prepareDeliveryKey(tx, random)
  return key
}

/** Everything that may open our mailbox now, as the hashes a relay stores. The account is read with the rest: a block changes both at once. */
export const accessKeys = (tx: Tx, crypto: Pick<CryptoPort, 'sha256'>, now: number): AccessKeys['keys'] => {
  const hash = (key: Uint8Array): string => toBase64Url(crypto.sha256(key))
  const timed = (list: KeyList, kind: 'delivery' | 'request') =>
    timedKeys(tx, list, now).map((entry) => ({
      hash: hash(fromBase64Url(entry.key) ?? new Uint8Array(32)),
      kind,
      expiresAt: entry.expiresAt,
    }))
  const next = nextKey(tx)
  const own = ownOf(tx)
  return [
    { hash: hash(own.deliveryKey), kind: 'delivery', expiresAt: null },
    ...(next ? [{ hash: hash(next), kind: 'delivery', expiresAt: null } as const] : []),
    ...timed('retired-delivery-keys', 'delivery'),
    ...timed('invites', 'request'),
  ]
}
