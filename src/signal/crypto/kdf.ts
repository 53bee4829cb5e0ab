import { hkdf as nobleHkdf } from '@noble/hashes/hkdf.js'
import { hmac as nobleHmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Bytes } from '../bytes.ts'

/** HMAC-SHA-256, 32 bytes (spec §1.4). */
export const hmac = (key: Uint8Array, message: Uint8Array): Bytes => nobleHmac(sha256, key, message) as Bytes

/** Two HMACs under one key, which is prepared only once: chains take a step with every message. */
export const hmacPair = (key: Uint8Array, first: Uint8Array, second: Uint8Array): readonly [Bytes, Bytes] => {
  const keyed = nobleHmac.create(sha256, key)
  const copy = keyed.clone()
  return [keyed.update(first).digest() as Bytes, copy.update(second).digest() as Bytes]
}

/** HKDF-SHA-256 (RFC 5869, spec §1.4); `null` salt means 32 zero bytes. */
export const hkdfSha256 = (
  salt: Uint8Array | null,
  inputKey: Uint8Array,
  info: Uint8Array,
  length: number
): Bytes => nobleHkdf(sha256, inputKey, salt ?? undefined, info, length) as Bytes
