/**
 * `npm test`: types, lint, architecture and every kind of test. `npm test -- unit e2e` runs only those steps.
 *
 * The last line is `N passed, N failed`, summed from the runners' own reports. Checks that are no tests (types, lint, the
 * build and its budgets) are not counted, but fail the run.
 */
import { run, stop } from './lib/run.ts'
import { STEPS, type Step } from './lib/steps.ts'
import { add, NOTHING, type Tally } from './lib/tally.ts'

const names = process.argv.slice(2)
const unknown = names.filter((name) => !STEPS.some((step) => step.name === name))
if (unknown.length > 0) {
  stop(`No step is called ${unknown.join(', ')}. There are: ${STEPS.map((step) => step.name).join(', ')}.`)
}

const times: string[] = []
let total: Tally = NOTHING
if ((await run(process.execPath, ['scripts/messages.ts'])) !== 0)
  stop('The message catalogue could not be compiled.')
const runStep = async (step: Step): Promise<void> => {
  console.log(`\n— ${step.name}`)
  const began = performance.now()
  const result = await step.run().catch((error: unknown) => ({
    ...NOTHING,
    complaints: [`${step.name}: ${error instanceof Error ? error.message : String(error)}`],
  }))
  total = add(total, result)
  times.push(`${step.name} ${Math.round((performance.now() - began) / 1000)} s`)
}

const wanted = STEPS.filter(({ name }) => names.length === 0 || names.includes(name))
await Promise.all(wanted.filter(({ light }) => light).map(runStep))
for (const step of wanted.filter(({ light }) => !light)) await runStep(step)

console.log(`\n${times.join(', ')}`)
for (const note of total.notes) console.log(`Not checked: ${note}.`)
for (const complaint of total.complaints) console.log(`Not good: ${complaint}.`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed === 0 && total.complaints.length === 0 ? 0 : 1)
