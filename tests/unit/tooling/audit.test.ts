import { expect, test } from 'vitest'
import { ALLOWED, judge, MOST_ALLOWED, type Allowed } from '../../../scripts/lib/audit.ts'

const advisory = { url: 'https://github.com/advisories/GHSA-1', title: 'Reads too far', severity: 'high' }
const report = (via: unknown[]): string =>
  JSON.stringify({ auditReportVersion: 2, vulnerabilities: { left: { via }, right: { via: ['left'] } } })
const allowed: Allowed = { url: advisory.url, reason: 'we never call it', until: '2027-01-01' }

test('an advisory is bad news, once', () => {
  const judged = judge(report([advisory, advisory]), [], '2026-11-26')
  expect(judged).toEqual({
    kind: 'bad',
    advisories: ['left: Reads too far (high) https://github.com/advisories/GHSA-1'],
  })
})

test('an allowed one is good until its day', () => {
  expect(judge(report([advisory]), [allowed], '2026-12-31').kind).toBe('good')
  expect(judge(report([advisory]), [allowed], '2027-01-01').kind).toBe('bad')
  expect(judge(report([]), [], '2026-11-26').kind).toBe('good')
})

test.each([
  ['', 'npm printed no report'],
  ['{}', 'npm printed no report'],
  ['{"message":"405 Method Not Allowed","statusCode":405}', 'the registry answered 405'],
  ['{"auditReportVersion":3,"vulnerabilities":{}}', 'npm printed no report'],
])('%s is no answer, and does not count as good', (printed, reason) => {
  expect(judge(printed, [], '2026-11-26')).toEqual({ kind: 'unanswered', reason })
})

test('the list of allowed ones is short, gives reasons, and ends', () => {
  const latest = new Date()
  latest.setMonth(latest.getMonth() + 6)
  expect(ALLOWED.length).toBeLessThanOrEqual(MOST_ALLOWED)
  for (const { url, reason, until } of ALLOWED) {
    expect(url).toMatch(/^https:\/\/github\.com\/advisories\/GHSA-/)
    expect(reason.length).toBeGreaterThan(20)
    expect(until <= latest.toISOString().slice(0, 10)).toBe(true)
  }
})
