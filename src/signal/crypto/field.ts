/** The prime of Curve25519. */
export const FIELD_PRIME = 2n ** 255n - 19n
const P = FIELD_PRIME

/** `value` reduced to 0…p−1. */
export const mod = (value: bigint): bigint => {
  const rest = value % P
  return rest < 0n ? rest + P : rest
}

const squareTimes = (value: bigint, times: number): bigint => {
  let result = value
  for (let i = 0; i < times; i++) result = (result * result) % P
  return result
}

/** value^(2^252 − 3), by the usual chain of all-one exponents. */
export const power = (value: bigint): bigint => {
  const b2 = (squareTimes(value, 1) * value) % P
  const b4 = (squareTimes(b2, 2) * b2) % P
  const b5 = (squareTimes(b4, 1) * value) % P
  const b10 = (squareTimes(b5, 5) * b5) % P
  const b20 = (squareTimes(b10, 10) * b10) % P
  const b40 = (squareTimes(b20, 20) * b20) % P
  const b80 = (squareTimes(b40, 40) * b40) % P
  const b160 = (squareTimes(b80, 80) * b80) % P
  const b240 = (squareTimes(b160, 80) * b80) % P
  const b250 = (squareTimes(b240, 10) * b10) % P
  return (squareTimes(b250, 2) * value) % P
}

// 2^((p−1)/4), a square root of −1, since 2 is no square modulo p: 2^((p−1)/4) = 2^(2·(2^252−3) + 1).
const ROOT_OF_MINUS_ONE = mod(squareTimes(power(2n), 1) * 2n)

/** A square root modulo p, or `null`. */
export const squareRoot = (value: bigint): bigint | null => {
  const candidate = mod(value * power(value))
  const square = mod(candidate * candidate)
  if (square === value) return candidate
  return square === mod(-value) ? mod(candidate * ROOT_OF_MINUS_ONE) : null
}

/** 1/value; 0 for 0. value^(p−2), since p − 2 = 8·(2^252 − 3) + 3. */
export const invert = (value: bigint): bigint =>
  mod(squareTimes(power(value), 3) * mod(value * value * value))
