import { edwards } from '@noble/curves/abstract/edwards.js'
import { montgomery } from '@noble/curves/abstract/montgomery.js'
import { FIELD_PRIME, invert, mod, squareRoot } from './field.ts'

// The two curves from noble's generic parts: its ready-made module brings Ed25519's own signatures, hash-to-curve and
// more, which nothing here needs, and pages have to load this.
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** √(u/v) with an even root (RFC 8032 §5.1.3). */
const uvRatio = (u: bigint, v: bigint): { isValid: boolean; value: bigint } => {
  const root = squareRoot(mod(u * invert(v)))
  if (root === null) return { isValid: false, value: 0n }
  return { isValid: true, value: root % 2n === 0n ? root : mod(-root) }
}

/** Points of edwards25519 (RFC 8032 §5.1). */
export const Point = edwards(
  {
    p: FIELD_PRIME,
    n: ORDER,
    h: 8n,
    a: FIELD_PRIME - 1n,
    d: mod(-121665n * invert(121666n)),
    Gx: 15112221349535400772501151409588531511454012693041857206046113283949847762202n,
    Gy: mod(4n * invert(5n)),
  },
  { uvRatio }
)

/** X25519 (RFC 7748 §5). */
export const x25519 = montgomery({
  P: FIELD_PRIME,
  type: 'x25519',
  powPminus2: invert,
  adjustScalarBytes: (bytes: Uint8Array) => {
    bytes[0] = (bytes[0] as number) & 248
    bytes[31] = ((bytes[31] as number) & 127) | 64
    return bytes
  },
  // A fixed base is quicker on the Edwards side, where noble keeps tables: u = (Z + Y)/(Z − Y).
  scalarMultBase: (scalar) => {
    const point = Point.BASE.multiply(scalar % ORDER)
    return mod((point.Z + point.Y) * invert(mod(point.Z - point.Y)))
  },
})
