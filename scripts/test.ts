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

if ((await run(process.execPath, ['scripts/messages.ts'])) !== 0)
  stop('The message catalogue could not be compiled.')

const times: string[] = []
let total: Tally = NOTHING
const complain = (step: Step, error: unknown): Tally => ({
  ...NOTHING,
  complaints: [`${step.name}: ${error instanceof Error ? error.message : String(error)}`],
})

/** Runs neighbours that may run side by side. What they need is got onto the machine one after the other before. */
const runGroup = async (group: readonly Step[]): Promise<void> => {
  const starts: (() => Promise<void>)[] = []
  for (const step of group) {
    try {
      const needs = (await step.prepare?.()) ?? {}
      starts.push(async () => {
        console.log(`\n— ${step.name}`)
        const began = performance.now()
        const result = await step.run(needs).catch((error: unknown) => complain(step, error))
        total = add(total, result)
        times.push(`${step.name} ${Math.round((performance.now() - began) / 1000)} s`)
      })
    } catch (error) {
      total = add(total, complain(step, error))
    }
  }
  await Promise.all(starts.map((start) => start()))
}

const groups: Step[][] = []
for (const step of STEPS.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const last = groups.at(-1)
  if (last && step.together && last[0]?.together === step.together) last.push(step)
  else groups.push([step])
}
for (const group of groups) await runGroup(group)

console.log(`\n${times.join(', ')}`)
for (const note of total.notes) console.log(`Not checked: ${note}.`)
for (const complaint of total.complaints) console.log(`Not good: ${complaint}.`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed === 0 && total.complaints.length === 0 ? 0 : 1)
