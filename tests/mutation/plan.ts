/** Which tests to try on a changed constant, the likeliest to notice first. */
import { readFileSync } from 'node:fs'
import { parseSource } from './literals.ts'
import { nameId, namesSetBy } from './names.ts'
import type { RecordedTest, Recording, TestId } from './protocol.ts'
import { SOURCES } from './suites.ts'

const keyOf = ({ file, place }: TestId): string => `${file} ${place}`
/** How many of a file's last successful tests are tried first. */
const REMEMBERED = 4
/** Longest test (ms) that is tried where no test should notice, so that all of them would have to be tried. */
const LONGEST = 100
/** Longest test (ms) that is tried there although it isn't known to read the constant. */
const QUICK = 20

/** For each statement at the top (`file place`) the named constants that it sets. */
const statementNames = (): Map<string, string[]> =>
  new Map(
    SOURCES.flatMap((path) =>
      parseSource(path, readFileSync(path, 'utf8')).statements.map(
        (statement, place) =>
          [`${path} ${place}`, namesSetBy(statement).map((name) => nameId(path, name))] as const
      )
    )
  )

export const createPlan = (recordings: readonly Recording[]) => {
  const tests = recordings.flatMap((recording) => recording.tests)
  const quickestFirst = [...tests].sort((a, b) => a.milliseconds - b.milliseconds)
  const names = statementNames()

  // Constants read by statements at the top are read by whoever reads what these set.
  const readBy = new Map<string, Set<RecordedTest>>()
  const flows = new Map<string, Set<string>>()
  for (const test of tests)
    for (const id of test.reads) readBy.set(id, (readBy.get(id) ?? new Set()).add(test))
  for (const { statements } of recordings)
    for (const [statement, ids] of Object.entries(statements))
      for (const id of ids)
        for (const name of names.get(statement) ?? []) flows.set(id, (flows.get(id) ?? new Set()).add(name))

  const readersOf = (id: string): Set<RecordedTest> => {
    const found = new Set<RecordedTest>()
    const seen = new Set<string>()
    const follow = (current: string): void => {
      if (seen.has(current)) return
      seen.add(current)
      for (const test of readBy.get(current) ?? []) found.add(test)
      for (const name of flows.get(current) ?? []) follow(name)
    }
    follow(id)
    return found
  }

  const lately = new Map<string, TestId[]>()
  return {
    /**
     * The tests in the order in which they are worth trying: those that read the constant, first the ones that lately noticed
     * a change of the same file, then the quickest; after them the others, since what a test reads by an export of the library
     * isn't recorded. Where `onlyQuick` says so, those are left out that take long: at most `LONGEST` milliseconds for a
     * reader, `QUICK` for another.
     */
    testsFor: (path: string, index: number, onlyQuick: boolean): TestId[] => {
      const readers = readersOf(`${path} ${index}`)
      const recent = (lately.get(path) ?? []).map(keyOf)
      const rank = (test: RecordedTest): number =>
        (readers.has(test) ? 0 : 2) + (recent.includes(keyOf(test)) ? 0 : 1)
      return quickestFirst
        .filter((test) => !onlyQuick || test.milliseconds < (readers.has(test) ? LONGEST : QUICK))
        .sort((a, b) => rank(a) - rank(b))
        .map(({ file, place }) => ({ file, place }))
    },
    /** Remembers a test that noticed. */
    learn: (path: string, by: TestId): void => {
      const others = (lately.get(path) ?? []).filter((known) => keyOf(known) !== keyOf(by))
      lately.set(path, [by, ...others].slice(0, REMEMBERED))
    },
  }
}
