import { Field } from '@noble/curves/abstract/modular.js'

/** The prime of Curve25519. */
export const FIELD_PRIME = 2n ** 255n - 19n

/** The field of Curve25519; its bytes are little-endian. */
export const Fp = Field(FIELD_PRIME, { isLE: true })

/** A square root modulo p, or `null`. */
export const squareRoot = (value: bigint): bigint | null => {
  try {
    return Fp.sqrt(value)
  } catch {
    return null
  }
}
