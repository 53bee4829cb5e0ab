import { toHex } from '../bytes.ts'
import { signalError } from '../errors.ts'
import type { PublicKey } from '../keys/ec.ts'

const DAY = 24 * 60 * 60 * 1000
/** Signed and last-resort Kyber prekeys are replaced after this long (ms). */
export const ROTATION_INTERVAL = 2 * DAY
/** Retired ones are kept this long (ms): bundles fetched before may still be on their way. */
export const RETENTION = 45 * DAY

export type DatedKey = { readonly id: number; readonly createdAt: number }

/** Whether the newest key (creation times in ms) is due for a successor; also when there is none. */
export const isRotationDue = (keys: readonly DatedKey[], now: number): boolean =>
  keys.every((key) => key.createdAt + ROTATION_INTERVAL <= now)

/** Ids of retired keys that may be deleted at `now`; the newest key never is. */
export const expiredIds = (keys: readonly DatedKey[], now: number): number[] => {
  const newestFirst = [...keys].sort((a, b) => b.createdAt - a.createdAt)
  // A key is retired when its successor appears, not when it is made.
  return newestFirst
    .filter((_, i) => i > 0 && (newestFirst[i - 1] as DatedKey).createdAt + RETENTION <= now)
    .map((key) => key.id)
}

/** A use of a last-resort Kyber key, as one string to keep in a set (spec §8.4). */
export const lastResortUse = (kyberPreKeyId: number, signedPreKeyId: number, baseKey: PublicKey): string =>
  `${kyberPreKeyId}:${signedPreKeyId}:${toHex(baseKey.serialize())}`

/** The error that `markKyberPreKeyUsed` throws when a base key comes again. */
export const baseKeyReused = (): Error =>
  signalError(
    'undecryptable',
    'invalid PreKey message: reused base key',
    'KyberPreKeyStore_MarkKyberPreKeyUsed'
  )
