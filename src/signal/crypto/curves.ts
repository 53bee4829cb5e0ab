import { edwards } from '@noble/curves/abstract/edwards.js'
import { FIELD_PRIME, Fp } from './field.ts'

// Both curves stand on noble's generic parts: its ready-made modules bring signatures, hash-to-curve, other curves and
// more, which nothing here needs, and pages have to load this.
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** Points of edwards25519 (RFC 8032 §5.1). */
export const Point = edwards(
  {
    p: FIELD_PRIME,
    n: ORDER,
    h: 8n,
    a: FIELD_PRIME - 1n,
    d: Fp.div(-121665n, 121666n),
    Gx: 15112221349535400772501151409588531511454012693041857206046113283949847762202n,
    Gy: Fp.div(4n, 5n),
  },
  { Fp }
)

/** (A − 2)/4 of Curve25519. */
const A24 = 121665n

/** The pair, exchanged if `bit` is 1, without a branch that would tell. */
const swapIf = (bit: bigint, a: bigint, b: bigint): readonly [bigint, bigint] => {
  const difference = -bit & (a ^ b)
  return [a ^ difference, b ^ difference]
}

/** X25519 (RFC 7748 §5) of a clamped scalar and a reduced coordinate; 0 for points of small order. */
export const multiplyCoordinate = (scalar: bigint, u: bigint): bigint => {
  let [x2, z2, x3, z3] = [1n, 0n, u, 1n]
  let previous = 0n
  for (let t = 254n; t >= 0n; t--) {
    const bit = (scalar >> t) & 1n
    ;[x2, x3] = swapIf(previous ^ bit, x2, x3)
    ;[z2, z3] = swapIf(previous ^ bit, z2, z3)
    previous = bit
    const [a, b] = [x2 + z2, x2 - z2]
    const [aa, bb] = [Fp.sqr(a), Fp.sqr(b)]
    const e = aa - bb
    const da = Fp.mul(x3 - z3, a)
    const cb = Fp.mul(x3 + z3, b)
    x3 = Fp.sqr(da + cb)
    z3 = Fp.mul(u, Fp.sqr(da - cb))
    x2 = Fp.mul(aa, bb)
    z2 = Fp.mul(e, aa + A24 * e)
  }
  // The last bit of a clamped scalar is 0: nothing is left exchanged. A power instead of `Fp.inv`: what is inverted is
  // secret, and only this takes the same steps for every value.
  return Fp.mul(x2, Fp.pow(z2, FIELD_PRIME - 2n))
}

/** X25519 of a clamped scalar and the base point, by way of the Edwards side, where noble keeps tables: u = (1 + y)/(1 − y). */
export const multiplyBase = (scalar: bigint): bigint => {
  const { y } = Point.BASE.multiply(scalar % ORDER)
  return Fp.div(1n + y, 1n - y)
}
