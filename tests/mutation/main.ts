/**
 * Changes every constant of `src/signal`, one at a time, and sees whether a test notices; `main.ts spqr` does so for the
 * files whose path has that in it. Ends non-zero when a constant is noticed by no test and isn't listed in
 * `equivalent.json`, or is listed there and noticed all the same.
 */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { faultsOfList, isEquivalent } from './equivalent.ts'
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
    const { path, index, name } = mutant
    return {
      order: { kind: 'mutate', path, index, tests: plan.testsFor(path, index, isEquivalent(name)) },
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

const [part = ''] = process.argv.slice(2)
const all: Mutant[] = SOURCES.flatMap((path) =>
  literalsOf(parseSource(path, readFileSync(path, 'utf8'))).map((literal) => ({ ...literal, path }))
)
const wanted = all.filter(({ path }) => path.includes(part))
const unnoticed = new Set(await mutateAll(wanted, await recordAll()))
const listed = wanted.filter(({ name }) => isEquivalent(name))

const faults = [
  ...faultsOfList(new Set(all.map(({ name }) => name))),
  ...listed
    .filter((mutant) => !unnoticed.has(mutant))
    .map(({ name }) => `Listed as equivalent, but a test notices: ${name}`),
  ...wanted
    .filter((mutant) => unnoticed.has(mutant) && !isEquivalent(mutant.name))
    .map(({ name, line }) => `No test notices a change of ${name} (line ${line})`),
]
for (const fault of faults) process.stderr.write(`${fault}\n`)
process.stdout.write(
  `${wanted.length - unnoticed.size} of ${wanted.length} constants changed are noticed, ${listed.length} are listed as ` +
    `equivalent; ${seconds()} s\n`
)
process.exit(faults.length === 0 ? 0 : 1)
