import { ed25519 } from '@noble/curves/ed25519.js'
import { expect, test } from 'vitest'
import { edwardsFromMontgomery, isCanonicalPublicKey } from '../../../src/signal/crypto/curve.ts'
import { isInPrimeSubgroup } from '../../../src/signal/crypto/torsion.ts'

const { Point } = ed25519
const P = 2n ** 255n - 19n

const bytesOf = (value: bigint): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn))

/** The definition itself: the Edwards point exists and the group order takes it to the neutral element. */
const byDefinition = (u: bigint): boolean => {
  const encoded = edwardsFromMontgomery(bytesOf(u), 0)
  if (encoded === null) return false
  try {
    return Point.fromBytes(encoded, true).isTorsionFree()
  } catch {
    return false
  }
}

const montgomery = (point: InstanceType<typeof Point>): bigint => {
  const { y } = point.toAffine()
  const { Fp } = Point
  return Fp.mul(Fp.add(1n, y), Fp.inv(Fp.sub(1n, y)))
}

// A point of order 8 (y such that 4 times it is the point of order 2).
const TORSION = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')

test('spec §1.2: same as the definition for points of every coset, small order and the twist', () => {
  expect(TORSION.multiplyUnsafe(4n).equals(Point.ZERO)).toBe(false)
  expect(TORSION.double().double().double().equals(Point.ZERO)).toBe(true)
  for (let i = 1n; i <= 12n; i++) {
    const point = Point.BASE.multiply(i * 987654321987654321n)
    let shifted = point
    for (let k = 0; k < 8; k++) {
      const u = montgomery(shifted)
      expect(isInPrimeSubgroup(u)).toBe(k === 0)
      expect(byDefinition(u)).toBe(k === 0)
      shifted = shifted.add(TORSION)
    }
  }
  const small = [0n, 1n, P - 1n, montgomery(TORSION), montgomery(TORSION.double())]
  for (const u of [...small, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n, P - 2n, P - 3n])
    expect(isInPrimeSubgroup(u), `u = ${u}`).toBe(byDefinition(u))
})

test('spec §1.2: neither the top bit nor a coordinate of p or more is canonical', () => {
  expect(isCanonicalPublicKey(bytesOf(9n))).toBe(true)
  expect(isCanonicalPublicKey(bytesOf(9n + 2n ** 255n))).toBe(false)
  expect(isCanonicalPublicKey(bytesOf(P + 9n))).toBe(false)
})
