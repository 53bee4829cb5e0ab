/** Counting tests from the reports that the runner itself writes. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import * as v from 'valibot'

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const ReportSchema = v.object({
  numTotalTests: count,
  numPassedTests: count,
  numFailedTests: count,
  numPendingTests: count,
  numTodoTests: count,
  success: v.boolean(),
  testResults: v.array(
    v.object({
      name: v.string(),
      /** What went wrong outside its tests. */
      message: v.optional(v.string(), ''),
      assertionResults: v.array(
        v.object({
          fullName: v.string(),
          status: v.string(),
          failureMessages: v.optional(v.nullable(v.array(v.string())), []),
        })
      ),
    })
  ),
})
/** Lines of a failed check's errors that are said again at the end. */
const LAST_LINES = 12
/** Lines of a failed test's error that are: what was wrong, and where. */
const FIRST_LINES = 8

export interface Tally {
  readonly passed: number
  readonly failed: number
  /** Why the run is not good although no test may have failed; one sentence each. */
  readonly complaints: readonly string[]
  /** What could not be checked here; one sentence each. */
  readonly notes: readonly string[]
}

export const NOTHING: Tally = { passed: 0, failed: 0, complaints: [], notes: [] }

/** Adds two tallies. */
export function add(a: Tally, b: Tally): Tally {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    complaints: [...a.complaints, ...b.complaints],
    notes: [...a.notes, ...b.notes],
  }
}

/** A check without tests of its own: it says nothing when it holds, and the last of its `errors` when it doesn't. */
export function check(name: string, exitCode: number, errors = ''): Tally {
  if (exitCode === 0) return NOTHING
  const last = errors.trim().split('\n').slice(-LAST_LINES)
  return { ...NOTHING, complaints: [[`${name} failed`, ...last].join('\n').trim()] }
}

/**
 * What a test run's JSON report says. A run without tests, with a skipped one, or with an exit code that its report does
 * not explain is not good.
 */
export function tally(name: string, report: unknown, exitCode: number): Tally {
  const parsed = v.safeParse(ReportSchema, report)
  if (!parsed.success) return { ...NOTHING, complaints: [`${name} ended without a report`] }
  const {
    numTotalTests,
    numPassedTests,
    numFailedTests,
    numPendingTests,
    numTodoTests,
    success,
    testResults,
  } = parsed.output
  const skipped = numPendingTests + numTodoTests
  const complaints = testResults.flatMap(({ name: file, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed')
    const of = (what: string, error: string): string =>
      [`${name} failed: ${basename(file)}${what}`, ...error.trim().split('\n').slice(0, FIRST_LINES)]
        .join('\n')
        .trim()
    if (failed.length === 0 && message !== '') return [of('', message)]
    return failed.map(({ fullName, failureMessages }) => of(`, ${fullName}`, failureMessages?.[0] ?? ''))
  })
  if (numTotalTests === 0) complaints.push(`${name} ran no tests`)
  if (skipped > 0) complaints.push(`${name} skipped ${skipped} tests`)
  if (numFailedTests === 0 && (exitCode !== 0 || !success)) {
    complaints.push(`${name} failed outside its tests`)
  }
  return { passed: numPassedTests, failed: numFailedTests, complaints, notes: [] }
}

/** Reads a report; undefined when it is not there or not JSON. */
export async function readReport(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown
  } catch {
    return undefined
  }
}
