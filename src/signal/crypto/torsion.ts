import { FIELD_PRIME, Fp, squareRoot } from './field.ts'

// Public values only: nothing here need be constant in time.
const A = 486662n
const HALF = (FIELD_PRIME + 1n) / 2n

// The half v with w = v + 1/v, if it is rational. It is for one of the two candidates, because A² − 4 is no square.
const halfOf = (w: bigint): bigint | null => {
  const difference = squareRoot(Fp.create(w * w - 4n))
  return difference === null ? null : Fp.mul(w + difference, HALF)
}

// Half of the point with the square coordinate u; `null` when u isn't on the curve (but on its twist).
const halve = (u: bigint): bigint | null => {
  const root = squareRoot(Fp.create(u * u + A * u + 1n))
  if (root === null) return null
  return halfOf(Fp.create(2n * (u + root))) ?? halfOf(Fp.create(2n * (u - root)))
}

/**
 * Whether the point with Montgomery coordinate `u` (reduced) lies on Curve25519 and in its subgroup of prime order.
 * The group is cyclic of order 8·L, so that is: divisible by two three times over. A point is divisible by two when its
 * coordinate is a square, and which of its two halves is taken makes no difference, as they differ by four times something.
 * A good deal cheaper than multiplying by L.
 */
export const isInPrimeSubgroup = (u: bigint): boolean => {
  if (u === 0n || squareRoot(u) === null) return false
  const half = halve(u)
  if (half === null || squareRoot(half) === null) return false
  const quarter = halve(half)
  return quarter !== null && squareRoot(quarter) !== null
}
