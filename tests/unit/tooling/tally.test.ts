import { describe, expect, test } from 'vitest'
import { add, check, NOTHING, tally } from '../../../scripts/lib/tally.ts'

const report = (counts: object = {}): unknown => ({
  numTotalTests: 3,
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  success: true,
  testResults: [],
  ...counts,
})

describe('the sum of a test run', () => {
  test('is what the runner reports', () => {
    expect(tally('unit', report(), 0)).toEqual({ passed: 3, failed: 0, complaints: [], notes: [] })
    const failing = report({ numPassedTests: 1, numFailedTests: 2, success: false })
    expect(tally('unit', failing, 1)).toEqual({ passed: 1, failed: 2, complaints: [], notes: [] })
  })

  test('names the tests that failed, and says what was wrong', () => {
    const error = ['Error: too late', ...Array.from({ length: 20 }, (_, i) => `    at line ${i}`)].join('\n')
    const assertionResults = [
      { fullName: 'a clock goes on', status: 'passed' },
      { fullName: 'a clock goes back', status: 'failed', failureMessages: [error] },
    ]
    const failing = report({
      numPassedTests: 1,
      numFailedTests: 1,
      success: false,
      testResults: [{ name: '/somewhere/clock.test.ts', assertionResults }],
    })
    const [complaint, ...others] = tally('unit', failing, 1).complaints
    expect(complaint).toMatch(
      /^unit failed: clock.test.ts, a clock goes back\nError: too late\n    at line 0\n/
    )
    expect(complaint).not.toContain('line 19')
    expect(others).toEqual([])
  })

  test('says what was wrong with a file that could not be run', () => {
    const testResults = [
      { name: '/somewhere/clock.test.ts', message: 'no such import', assertionResults: [] },
    ]
    expect(tally('unit', report({ success: false, testResults }), 1).complaints).toContain(
      'unit failed: clock.test.ts\nno such import'
    )
  })

  test.each([
    ['a skipped test', report({ numPendingTests: 1, numPassedTests: 2 }), 0, 'unit skipped 1 tests'],
    ['a test to be written', report({ numTodoTests: 1, numPassedTests: 2 }), 0, 'unit skipped 1 tests'],
    ['no tests', report({ numTotalTests: 0, numPassedTests: 0 }), 0, 'unit ran no tests'],
    ['a file that cannot be read', report({ success: false }), 1, 'unit failed outside its tests'],
    ['an error after the last test', report(), 1, 'unit failed outside its tests'],
    ['a runner that crashed', undefined, 139, 'unit ended without a report'],
    ['another program’s report', { tests: 3 }, 0, 'unit ended without a report'],
  ])('is not good with %s', (_, given, exitCode, complaint) => {
    expect(tally('unit', given, exitCode).complaints).toEqual([complaint])
  })

  test('keeps every complaint when steps are added', () => {
    const both = add(tally('unit', report(), 0), check('types', 2))
    expect(both).toEqual({ passed: 3, failed: 0, complaints: ['types failed'], notes: [] })
    expect(add(both, NOTHING)).toEqual(both)
    expect(check('types', 0)).toEqual(NOTHING)
    expect(check('types', 2, 'one\ntwo\n').complaints).toEqual(['types failed\none\ntwo'])
  })
})
