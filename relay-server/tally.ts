/** Sums by name, of what is under way or remembered. */
export interface Tally {
  of(name: string): number
  /** A negative amount takes away. */
  add(name: string, amount: number): void
}

/** Makes one in which a name takes no memory once its sum is back at nothing. */
export const createTally = (): Tally => {
  const sums = new Map<string, number>()
  const of = (name: string): number => sums.get(name) ?? 0
  return {
    of,
    add: (name, amount) => {
      const sum = of(name) + amount
      if (sum > 0) sums.set(name, sum)
      else sums.delete(name)
    },
  }
}
