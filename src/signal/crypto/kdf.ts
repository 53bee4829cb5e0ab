import { sha256 } from '@noble/hashes/sha2.js'
import type { Bytes } from '../bytes.ts'

const HASH_LENGTH = 32
const BLOCK_LENGTH = 64
const INNER = 0x36
const OUTER = 0x5c
const MAX_BLOCKS = 255
const NO_SALT = new Uint8Array(HASH_LENGTH)

// Hashes are made once and set back: making one costs more than hashing a block, and chains take steps with every message.
// Nothing is left in them between calls, which never interleave.
const FRESH = sha256.create()
const inner = sha256.create()
const outer = sha256.create()
const work = sha256.create()
const pad = new Uint8Array(BLOCK_LENGTH)

const setKey = (key: Uint8Array): void => {
  const short = key.length > BLOCK_LENGTH ? sha256(key) : key
  for (const [hash, constant] of [
    [inner, INNER],
    [outer, OUTER],
  ] as const) {
    pad.fill(constant)
    for (let i = 0; i < short.length; i++) pad[i] = (short[i] as number) ^ constant
    FRESH._cloneInto(hash).update(pad)
  }
}

const clear = (): void => {
  pad.fill(0)
  for (const hash of [inner, outer, work]) hash.destroy()
}

/** The HMAC under the key that was set, into `out`; the parts count as one text. */
const macInto = (out: Uint8Array, parts: readonly Uint8Array[]): void => {
  inner._cloneInto(work)
  for (const part of parts) work.update(part)
  work.digestInto(out)
  outer._cloneInto(work).update(out).digestInto(out)
}

const mac = (parts: readonly Uint8Array[]): Bytes => {
  const out = new Uint8Array(HASH_LENGTH)
  macInto(out, parts)
  return out
}

/** HMAC-SHA-256 of the parts one after the other, 32 bytes (spec §1.4). */
export const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Bytes => {
  setKey(key)
  const out = mac(parts)
  clear()
  return out
}

/** Two HMACs under one key, which is prepared only once. */
export const hmacPair = (key: Uint8Array, first: Uint8Array, second: Uint8Array): readonly [Bytes, Bytes] => {
  setKey(key)
  const pair = [mac([first]), mac([second])] as const
  clear()
  return pair
}

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
  if (blocks > MAX_BLOCKS) throw new RangeError('HKDF output too long')
  const prk = hmac(salt ?? NO_SALT, inputKey)
  setKey(prk)
  prk.fill(0)
  const out = new Uint8Array(blocks * HASH_LENGTH)
  const counter = new Uint8Array(1)
  for (let i = 0; i < blocks; i++) {
    counter[0] = i + 1
    const at = i * HASH_LENGTH
    macInto(out.subarray(at, at + HASH_LENGTH), [
      out.subarray(Math.max(0, at - HASH_LENGTH), at),
      info,
      counter,
    ])
  }
  clear()
  out.fill(0, length)
  return out.subarray(0, length)
}
