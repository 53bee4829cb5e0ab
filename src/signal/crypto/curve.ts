import { copyBytes, type Bytes } from '../bytes.ts'
import { x25519 } from './curves.ts'
import { FIELD_PRIME, invert, mod } from './field.ts'
import { isInPrimeSubgroup } from './torsion.ts'

/** Length of a Curve25519 private key or u-coordinate. */
export const CURVE_KEY_LENGTH = 32

const TOP_BIT_CLEAR = 2n ** 255n - 1n

/** A copy of `bytes` clamped as RFC 7748 wants it (spec §1.2). */
export const clamp = (bytes: Uint8Array): Bytes => {
  const key = copyBytes(bytes)
  key[0] = (key[0] as number) & 248
  key[31] = ((key[31] as number) & 127) | 64
  return key
}

/** The u-coordinate that belongs to a clamped private key. */
export const publicFromPrivate = (privateKey: Uint8Array): Bytes => x25519.getPublicKey(privateKey)

/** X25519; `null` when the result is all zero ("invalid key agreement"). */
export const x25519Agree = (privateKey: Uint8Array, publicKey: Uint8Array): Bytes | null => {
  try {
    return x25519.getSharedSecret(privateKey, publicKey)
  } catch {
    return null
  }
}

/** Little-endian number. */
export const numberLE = (bytes: Uint8Array): bigint => {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number)
  return value
}

/** `value` as 32 little-endian bytes. */
export const bytesLE = (value: bigint): Bytes => {
  const out = new Uint8Array(32)
  for (let i = 0, rest = value; i < 32; i++, rest >>= 8n) out[i] = Number(rest & 0xffn)
  return out
}

/**
 * The Edwards encoding for Montgomery coordinate `u` and the given sign (0 or 0x80), spec §1.3;
 * `null` for u = −1, which has none. Whether it is a point is not checked here.
 */
export const edwardsFromMontgomery = (u: Uint8Array, sign: number): Bytes | null => {
  const coordinate = mod(numberLE(u) & TOP_BIT_CLEAR)
  if (coordinate === FIELD_PRIME - 1n) return null
  const y = mod((coordinate - 1n) * invert(coordinate + 1n))
  const encoded = bytesLE(y)
  encoded[31] = (encoded[31] as number) | sign
  return encoded
}

/** The canonical check of an initiator's base key: reduced, on the curve and free of torsion (spec §1.2). */
export const isCanonicalPublicKey = (u: Uint8Array): boolean => {
  const coordinate = numberLE(u)
  return coordinate < FIELD_PRIME && isInPrimeSubgroup(coordinate)
}
