// Arithmetic modulo 2^255 − 19 on public values only: nothing here need be constant in time.
const P = 2n ** 255n - 19n
const A = 486662n
const mod = (value: bigint): bigint => {
  const rest = value % P
  return rest < 0n ? rest + P : rest
}

const squareTimes = (value: bigint, times: number): bigint => {
  let result = value
  for (let i = 0; i < times; i++) result = (result * result) % P
  return result
}

// value^(2^252 − 3), by the usual chain of all-one exponents.
const power = (value: bigint): bigint => {
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
const squareRoot = (value: bigint): bigint | null => {
  const candidate = mod(value * power(value))
  const square = mod(candidate * candidate)
  if (square === value) return candidate
  return square === mod(-value) ? mod(candidate * ROOT_OF_MINUS_ONE) : null
}

// Half of the point with the square coordinate u; `null` when u isn't on the curve (but on its twist).
const halve = (u: bigint): bigint | null => {
  const root = squareRoot(mod(u * u + A * u + 1n))
  if (root === null) return null
  // w = v + 1/v for the halves v; of the two candidates one is rational, because A² − 4 is no square.
  for (const sign of [1n, -1n]) {
    const w = mod(2n * u + 2n * sign * root)
    const difference = squareRoot(mod(w * w - 4n))
    if (difference !== null) return mod((w + difference) * ((P + 1n) / 2n))
  }
  return null
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
