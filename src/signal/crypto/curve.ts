import { bytesToNumberLE } from '@noble/curves/utils.js'
import { copyBytes, wipe, type Bytes } from '../bytes.ts'
import { multiplyBase, multiplyCoordinate } from './curves.ts'
import { FIELD_PRIME, Fp } from './field.ts'
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

const decodeScalar = (privateKey: Uint8Array): bigint => {
  const clamped = clamp(privateKey)
  const scalar = bytesToNumberLE(clamped)
  wipe(clamped)
  return scalar
}

// RFC 7748 §5: the top bit doesn't count, and coordinates of p or more are reduced.
const decodeCoordinate = (u: Uint8Array): bigint => Fp.create(bytesToNumberLE(u) & TOP_BIT_CLEAR)

const encode = (value: bigint): Bytes => copyBytes(Fp.toBytes(value))

/** The u-coordinate that belongs to a clamped private key. */
export const publicFromPrivate = (privateKey: Uint8Array): Bytes =>
  encode(multiplyBase(decodeScalar(privateKey)))

/** X25519; `null` when the result is all zero ("invalid key agreement"). */
export const x25519Agree = (privateKey: Uint8Array, publicKey: Uint8Array): Bytes | null => {
  const shared = multiplyCoordinate(decodeScalar(privateKey), decodeCoordinate(publicKey))
  return shared === 0n ? null : encode(shared)
}

/**
 * The Edwards encoding for Montgomery coordinate `u` and the given sign (0 or 0x80), spec §1.3;
 * `null` for u = −1, which has none. Whether it is a point is not checked here.
 */
export const edwardsFromMontgomery = (u: Uint8Array, sign: number): Bytes | null => {
  const coordinate = decodeCoordinate(u)
  if (coordinate === FIELD_PRIME - 1n) return null
  const encoded = encode(Fp.div(coordinate - 1n, coordinate + 1n))
  encoded[31] = (encoded[31] as number) | sign
  return encoded
}

/** The canonical check of an initiator's base key: reduced, on the curve and free of torsion (spec §1.2). */
export const isCanonicalPublicKey = (u: Uint8Array): boolean => {
  const coordinate = bytesToNumberLE(u)
  return coordinate < FIELD_PRIME && isInPrimeSubgroup(coordinate)
}
