import { bytesToNumberLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concat, equalBytes, wipe, type Bytes } from '../bytes.ts'
import { edwardsFromMontgomery } from './curve.ts'
import { Point } from './curves.ts'

const { Fn } = Point

/** Length of an XEdDSA signature. */
export const SIGNATURE_LENGTH = 64
const SIGN_BIT = 0x80
const HASH_PREFIX = new Uint8Array(32).fill(0xff)
HASH_PREFIX[0] = 0xfe

const toScalar = (bytes: Uint8Array): bigint => Fn.create(bytesToNumberLE(bytes))

const hashToScalar = (...parts: readonly Uint8Array[]): bigint => toScalar(sha512(concat(...parts)))

/**
 * XEdDSA signature (64 bytes) over `message` under a clamped private key (spec §1.3: the sign bit travels in
 * the last byte). `random` is 64 fresh random bytes.
 */
export const xeddsaSign = (privateKey: Uint8Array, message: Uint8Array, random: Uint8Array): Bytes => {
  const a = toScalar(privateKey)
  const A = Point.BASE.multiply(a).toBytes()
  const nonceInput = concat(HASH_PREFIX, privateKey, message, random)
  const r = hashToScalar(nonceInput)
  wipe(nonceInput)
  const R = Point.BASE.multiply(r).toBytes()
  const s = Fn.create(hashToScalar(R, A, message) * a + r)
  const signature = concat(R, Fn.toBytes(s))
  signature[63] = ((signature[63] as number) & ~SIGN_BIT) | ((A[31] as number) & SIGN_BIT)
  return signature
}

/** The Ed25519 view of an XEdDSA signature: converted key and signature with the sign bit moved out. */
export const toEd25519 = (
  publicKey: Uint8Array,
  signature: Uint8Array
): { readonly key: Bytes; readonly signature: Bytes } | null => {
  if (signature.length !== SIGNATURE_LENGTH) return null
  const key = edwardsFromMontgomery(publicKey, (signature[63] as number) & SIGN_BIT)
  if (key === null) return null
  const plain = new Uint8Array(signature)
  plain[63] = (plain[63] as number) & ~SIGN_BIT
  // spec §1.3 step 1: s must stay below 2^253; there is no further canonicality test.
  return (plain[63] & 0xe0) === 0 ? { key, signature: plain } : null
}

/** Verifies an XEdDSA signature under the u-coordinate `publicKey` (spec §1.3). */
export const xeddsaVerify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => {
  const converted = toEd25519(publicKey, signature)
  if (converted === null) return false
  try {
    const A = Point.fromBytes(converted.key, true)
    const R = converted.signature.subarray(0, 32)
    const s = toScalar(converted.signature.subarray(32))
    const h = hashToScalar(R, converted.key, message)
    const expected = Point.BASE.multiplyUnsafe(s).subtract(A.multiplyUnsafe(h))
    return equalBytes(expected.toBytes(), R)
  } catch {
    return false
  }
}
