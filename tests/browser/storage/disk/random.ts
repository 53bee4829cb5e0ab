/** Numbers that look random and are the same for the same seed, so that a failure can be seen again. */
export interface Dice {
  /** An integer from 0 to `below` - 1. */
  roll(below: number): number
  /** True in `part` of all cases. */
  chance(part: number): boolean
}

/** mulberry32: 32 bits of state are plenty for tests. */
export const diceOf = (seed: number): Dice => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { roll: (below) => Math.floor(next() * below), chance: (part) => next() < part }
}
