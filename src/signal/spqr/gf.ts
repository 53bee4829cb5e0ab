// spec §5.2: GF(2^16) modulo x^16 + x^12 + x^3 + x + 1, whose multiplicative group 2 generates.
const MODULUS = 0x1100b
const FIELD_SIZE = 0x10000
const GROUP_ORDER = FIELD_SIZE - 1

const makeTables = (): { readonly exp: Uint16Array; readonly log: Uint32Array } => {
  const exp = new Uint16Array(2 * GROUP_ORDER)
  const log = new Uint32Array(FIELD_SIZE)
  for (let i = 0, value = 1; i < GROUP_ORDER; i++) {
    exp[i] = value
    exp[i + GROUP_ORDER] = value
    log[value] = i
    value <<= 1
    if (value >= FIELD_SIZE) value ^= MODULUS
  }
  return { exp, log }
}

const { exp, log } = makeTables()

/** Product in GF(2^16); addition is XOR. */
export const gfMultiply = (a: number, b: number): number =>
  a === 0 || b === 0 ? 0 : (exp[(log[a] as number) + (log[b] as number)] as number)

/** Quotient in GF(2^16); `b` isn't zero. */
export const gfDivide = (a: number, b: number): number =>
  a === 0 ? 0 : (exp[(log[a] as number) + GROUP_ORDER - (log[b] as number)] as number)
