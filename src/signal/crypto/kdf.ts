import { hmac as nobleHmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { wipe, type Bytes } from '../bytes.ts'

/** HMAC-SHA-256, 32 bytes (spec §1.4). */
export const hmac = (key: Uint8Array, message: Uint8Array): Bytes => nobleHmac(sha256, key, message)

/** Two HMACs under one key, which is prepared only once: chains take a step with every message. */
export const hmacPair = (key: Uint8Array, first: Uint8Array, second: Uint8Array): readonly [Bytes, Bytes] => {
  const keyed = nobleHmac.create(sha256, key)
  const copy = keyed.clone()
  return [keyed.update(first).digest(), copy.update(second).digest()]
}

const HASH_LENGTH = 32
const NO_SALT = new Uint8Array(HASH_LENGTH)

/**
 * HKDF-SHA-256 (RFC 5869, spec §1.4); `null` salt means 32 zero bytes. `length` is at most 8,160 (255 blocks), beyond
 * which RFC 5869 isn't defined: a RangeError.
 */
export const hkdfSha256 = (
  salt: Uint8Array | null,
  inputKey: Uint8Array,
  info: Uint8Array,
  length: number
): Bytes => {
  const blocks = Math.ceil(length / HASH_LENGTH)
  if (blocks > 255) throw new RangeError('HKDF output too long')
  const prk = hmac(salt ?? NO_SALT, inputKey)
  const keyed = nobleHmac.create(sha256, prk)
  const out = new Uint8Array(blocks * HASH_LENGTH)
  for (let i = 0; i < blocks; i++) {
    const block = keyed.clone()
    if (i > 0) block.update(out.subarray((i - 1) * HASH_LENGTH, i * HASH_LENGTH))
    block
      .update(info)
      .update(Uint8Array.of(i + 1))
      .digestInto(out.subarray(i * HASH_LENGTH, (i + 1) * HASH_LENGTH))
    block.destroy()
  }
  keyed.destroy()
  const result = out.slice(0, length)
  wipe(prk, out)
  return result
}
