/** A process that runs the suites again and again on changed sources. */
import ts from 'typescript'
import { readFileSync } from 'node:fs'
import { makeChanceRepeatable } from './chance.ts'
import { parseSource } from './literals.ts'
import { createModules, type Instances } from './modules.ts'
import { constantNames, namesSetBy } from './names.ts'
import type { Answer, Order, RecordedTest, Recording, TestId } from './protocol.ts'
import type { Change } from './rewrite.ts'
import { createCollector, type Test } from './runner.ts'
import { SOURCES, SUITES } from './suites.ts'

/** Rounds of loops that one test may take: a hundred times what the longest takes. */
const FUEL = 400_000_000

class EndlessLoop extends Error {}

let fuel = FUEL
const tick = (): void => {
  if (--fuel < 0) throw new EndlessLoop('a loop went on for too long')
}

const collector = createCollector()

const { restart } = makeChanceRepeatable()

/** Answers the error that the test failed with, or `null`. */
const outcomeOf = async (test: Test): Promise<string | null> => {
  fuel = FUEL
  restart(test.name)
  try {
    await test.run()
    return null
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}

// Recording: which constants does each test read?

const exportedConstants = new Map(
  SOURCES.map((path) => {
    const { statements } = parseSource(path, readFileSync(path, 'utf8'))
    return [path, new Set(statements.filter(ts.isVariableStatement).flatMap(namesSetBy))] as const
  })
)

const watchChange = (path: string): Change => {
  if (!exportedConstants.has(path)) return { kind: 'none' }
  const names = constantNames(parseSource(path, readFileSync(path, 'utf8')), exportedConstants)
  return { kind: 'watch', file: path, names }
}

const statements: Record<string, Set<string>> = {}
let reads = new Set<string>()
const watched = createModules({
  changeOf: watchChange,
  runner: collector.exports,
  watch: {
    tick,
    literal: (id: string) => reads.add(id),
    name: (id: string) => reads.add(id),
    statement: (id: string) => {
      reads = statements[id] ??= new Set()
    },
  },
})
const watchedInstances: Instances = new Map()

const record = async (file: string): Promise<Recording> => {
  restart(file)
  await watched.load(file, watchedInstances)
  const tests: RecordedTest[] = []
  for (const [place, test] of collector.take().entries()) {
    reads = new Set()
    const began = performance.now()
    const error = await outcomeOf(test)
    const milliseconds = performance.now() - began
    tests.push({ file, place, name: test.name, milliseconds, error, reads: [...reads] })
  }
  const read = Object.fromEntries(Object.entries(statements).map(([id, ids]) => [id, [...ids]]))
  return { tests, statements: read }
}

// Mutating: does some test fail when a constant is another?

const plain = createModules({
  changeOf: () => ({ kind: 'none' }),
  runner: collector.exports,
  watch: { tick },
})
const base: Instances = new Map()

const loadBase = async (): Promise<void> => {
  for (const file of SUITES) {
    restart(file)
    await plain.load(file, base)
  }
  collector.take()
}

const mutate = async (path: string, index: number, tests: readonly TestId[]): Promise<Answer> => {
  if (base.size === 0) await loadBase()
  const stale = plain.dependents(path)
  const instances: Instances = new Map([...base].filter(([file]) => !stale.has(file)))
  const changed = { path, unit: plain.mutant(path, index) }
  const loaded = new Map<string, readonly Test[]>()
  for (const id of tests) {
    if (!stale.has(id.file)) continue
    if (!loaded.has(id.file)) {
      collector.take()
      fuel = FUEL
      restart(id.file)
      try {
        await plain.load(id.file, instances, changed)
      } catch {
        return { kind: 'mutated', by: 'load' }
      }
      loaded.set(id.file, collector.take())
    }
    const test = loaded.get(id.file)?.[id.place]
    // A file that no longer has the test has changed as much as one whose test fails.
    if (!test || (await outcomeOf(test)) !== null) return { kind: 'mutated', by: id }
  }
  return { kind: 'mutated', by: null }
}

const obey = async (order: Order): Promise<Answer> =>
  order.kind === 'record'
    ? { kind: 'recorded', recording: await record(order.file) }
    : mutate(order.path, order.index, order.tests)

// Changed code may leave promises behind that nobody waits for; the tests decide, not they.
process.on('unhandledRejection', () => undefined)
process.on('message', (order: Order) => {
  void obey(order).then((answer) => process.send?.(answer))
})
