// spec §5.2: GF(2^16) modulo x^16 + x^12 + x^3 + x + 1, whose multiplicative group 2 generates. Addition is XOR.
const MODULUS = 0x1100b
const FIELD_SIZE = 0x10000
/** Order of the multiplicative group: logarithms are taken modulo it. */
export const GROUP_ORDER = FIELD_SIZE - 1

const makeTables = (): { readonly exp: Uint16Array; readonly log: Uint16Array } => {
  const exp = new Uint16Array(2 * GROUP_ORDER)
  const log = new Uint16Array(FIELD_SIZE)
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

/** Logarithm of an element that isn't zero. */
export const gfLog = (value: number): number => log[value] as number

/** Product of the element with logarithm `weight` (below the group's order) and any other. */
export const gfProductOf = (weight: number, value: number): number =>
  value === 0 ? 0 : (exp[weight + (log[value] as number)] as number)
