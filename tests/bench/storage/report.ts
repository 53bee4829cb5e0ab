/** One JSON line a figure, with its growth over the sizes, and a verdict where it is a promise. */
import type { EngineName } from './measure.ts'

export type Samples = Map<EngineName, Map<number, Map<string, number[]>>>

const MIB = 2 ** 20
const LARGE = 1_000_000

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN
const round = (value: number): number => Number(value.toPrecision(4))

interface Promised {
  readonly promise: string
  readonly value: number
  readonly limit: number
  readonly isLeast?: boolean
}

/** What the store promises, as far as the sizes that were measured tell. */
const promises = (of: (engine: EngineName, size: number, figure: string) => number): readonly Promised[] => [
  ...[10_000, 100_000, LARGE].map((size) => ({
    promise: `insert, times that of plain sqlite-wasm, ${size}`,
    value: of('mepassa', size, 'insert') / of('sqliteWasm', size, 'insert'),
    limit: 1.3,
  })),
  {
    promise: 'insert, how many times faster than sql.js with export, 100000',
    value: of('sqlJs', 100_000, 'insert') / of('mepassa', 100_000, 'insert'),
    limit: 50,
    isLeast: true,
  },
  { promise: 'last 50 at a million, ms', value: of('mepassa', LARGE, 'last 50'), limit: 1 },
  { promise: 'a word at a million, ms', value: of('mepassa', LARGE, 'search, a word'), limit: 10 },
  { promise: 'a beginning at a million, ms', value: of('mepassa', LARGE, 'search, a beginning'), limit: 10 },
  { promise: 'a part at a million, ms', value: of('mepassa', LARGE, 'search, a part'), limit: 50 },
  {
    promise: 'page load to first query at a million, times that of an empty one',
    value: of('mepassa', LARGE, 'page to first query') / of('mepassa', 0, 'page to first query'),
    limit: 1.5,
  },
  {
    promise: 'memory at a million beyond an empty one, MiB',
    value: (of('mepassa', LARGE, 'memory') - of('mepassa', 0, 'memory')) / MIB,
    limit: 64,
  },
]

const print = (line: object): void =>
  void process.stdout.write(`${JSON.stringify({ bench: 'storage', ...line })}\n`)

/** Prints all; false when a promise is not kept. */
export const report = (samples: Samples): boolean => {
  const of = (engine: EngineName, size: number, figure: string): number =>
    median(samples.get(engine)?.get(size)?.get(figure) ?? [])
  for (const [engine, sizes] of samples) {
    const figures = new Set([...sizes.values()].flatMap((bySize) => [...bySize.keys()]))
    for (const figure of figures) {
      const bySize = [...sizes.keys()].map((size) => [size, round(of(engine, size, figure))] as const)
      print({ engine, figure, unit: /memory/.test(figure) ? 'bytes' : 'ms', ...Object.fromEntries(bySize) })
    }
  }
  // What was not measured in this run is not judged.
  const judged = promises(of).filter(({ value }) => Number.isFinite(value))
  const outcomes = judged.map(({ promise, value, limit, isLeast }) => {
    const ok = isLeast ? value >= limit : value <= limit
    print({ promise, value: round(value), limit, ok })
    return ok
  })
  return outcomes.every(Boolean)
}
