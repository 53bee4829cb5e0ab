/**
 * Changes every constant of `src/signal`, one at a time, and sees whether a test notices. `main.ts spqr` does so for the
 * files whose path has that in it; `main.ts --known` for the listed ones only, to see which of them are noticed by now.
 */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { counts, isKnown, staleEntries } from './known.ts'
import { literalsOf, parseSource, type Literal } from './literals.ts'
import { createPlan } from './plan.ts'
import { runPool } from './pool.ts'
import type { Recording } from './protocol.ts'
import { SOURCES, SUITES } from './suites.ts'

type Mutant = Literal & { readonly path: string }

const WORKERS = availableParallelism()
const began = performance.now()
const seconds = (): number => Math.round((performance.now() - began) / 1000)

/** Runs every test once and sees what it reads; all of them must pass. */
const recordAll = async (): Promise<Recording[]> => {
  const recordings: Recording[] = []
  const files = [...SUITES]
  await runPool(WORKERS, () => {
    const file = files.shift()
    if (file === undefined) return null
    return {
      order: { kind: 'record', file },
      done: (answer) => {
        if (answer?.kind !== 'recorded') throw new Error(`${file} could not be run`)
        recordings.push(answer.recording)
      },
    }
  })
  for (const { file, name, error } of recordings.flatMap(({ tests }) => tests))
    if (error !== null) throw new Error(`nothing can be said while a test fails: ${file}, ${name}\n${error}`)
  return recordings
}

/** Changes the constants one after the other; answers those that no test notices. */
const mutateAll = async (mutants: readonly Mutant[], recordings: readonly Recording[]): Promise<Mutant[]> => {
  const plan = createPlan(recordings)
  const waiting = [...mutants]
  const unnoticed: Mutant[] = []
  await runPool(WORKERS, () => {
    const mutant = waiting.shift()
    if (!mutant) return null
    const { path, index } = mutant
    return {
      order: { kind: 'mutate', path, index, tests: plan.testsFor(path, index) },
      done: (answer) => {
        // A worker that died, or was ended because it went on for ever, has noticed.
        if (answer?.kind !== 'mutated' || answer.by === 'load') return
        if (answer.by === null) unnoticed.push(mutant)
        else plan.learn(path, answer.by)
      },
    }
  })
  return unnoticed
}

const [argument] = process.argv.slice(2)
const all: Mutant[] = SOURCES.flatMap((path) =>
  literalsOf(parseSource(path, readFileSync(path, 'utf8'))).map((literal) => ({ ...literal, path }))
)
const stale = staleEntries(new Set(all.map(({ name }) => name)))
for (const name of stale) process.stderr.write(`Listed, but not there: ${name}\n`)

const isWanted = ({ name, path }: Mutant): boolean =>
  argument === '--known' ? isKnown(name) : !isKnown(name) && path.includes(argument ?? '')
const wanted = all.filter(isWanted)
const unnoticed = await mutateAll(wanted, await recordAll())
if (argument === '--known') {
  const noticed = wanted.filter((mutant) => !unnoticed.includes(mutant))
  for (const { name } of noticed) process.stderr.write(`Listed, but noticed by a test: ${name}\n`)
  process.exit(noticed.length + stale.length === 0 ? 0 : 1)
}
for (const { name, line } of unnoticed)
  process.stderr.write(`No test notices a change of ${name} (line ${line})\n`)
process.stdout.write(
  `${wanted.length - unnoticed.length} of ${wanted.length} constants changed are noticed, in ${seconds()} s; ` +
    `${counts.equivalent} are equivalent, ${counts.unnoticed} not noticed yet\n`
)
process.exit(unnoticed.length + stale.length === 0 ? 0 : 1)
