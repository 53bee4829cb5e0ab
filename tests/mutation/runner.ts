/** As much of the test runner as the suites here use: it collects tests, to be run one by one. */
import { expect } from 'vitest'

export type Test = { readonly name: string; readonly run: () => unknown }

type Body = (...args: never[]) => unknown
type Row = readonly unknown[]

const rowOf = (item: unknown): Row => (Array.isArray(item) ? (item as Row) : [item])

/** Names only have to tell tests of a file apart, so the place in the table stands for its values. */
const nameOf = (name: string, place: number): string => `${name} [${place}]`

export const createCollector = () => {
  let tests: Test[] = []
  let around: readonly string[] = []

  const test = (name: string, body: Body): void => {
    tests.push({ name: [...around, name].join(' › '), run: () => body() })
  }
  const describe = (name: string, body: Body): void => {
    const outer = around
    around = [...outer, name]
    try {
      body()
    } finally {
      around = outer
    }
  }
  const each =
    (register: (name: string, body: Body) => void) =>
    (table: Iterable<unknown>) =>
    (name: string, body: Body): void =>
      [...table].forEach((item, place) =>
        register(nameOf(name, place), () => body(...(rowOf(item) as never[])))
      )

  return {
    exports: {
      __esModule: true,
      test: Object.assign(test, { each: each(test) }),
      describe: Object.assign(describe, { each: each(describe) }),
      expect,
    },
    /** The tests that were registered since the last call. */
    take: (): Test[] => {
      const taken = tests
      tests = []
      return taken
    },
  }
}
