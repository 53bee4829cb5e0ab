/** Known weaknesses of the dependencies, as the registry's advisories tell. */
import { execFile } from 'node:child_process'
import * as v from 'valibot'
import { NOTHING, type Tally } from './tally.ts'

/** An advisory that does not concern us, for a while. */
export interface Allowed {
  /** Its address, as npm audit prints it. */
  readonly url: string
  /** Why it can do nothing here. */
  readonly reason: string
  /** The day from which on it counts again, YYYY-MM-DD; at most half a year ahead. */
  readonly until: string
}

/** The list that may not grow long: whoever needs a sixth place looks at the first five again. */
export const ALLOWED: readonly Allowed[] = []
export const MOST_ALLOWED = 5

const AdvisorySchema = v.object({ url: v.string(), title: v.string(), severity: v.string() })
const ReportSchema = v.object({
  auditReportVersion: v.literal(2),
  /** By package; `via` names an advisory, or the package that brings it. */
  vulnerabilities: v.record(v.string(), v.object({ via: v.array(v.union([v.string(), AdvisorySchema])) })),
})

export type Judgement =
  | { readonly kind: 'good' }
  | { readonly kind: 'bad'; readonly advisories: readonly string[] }
  | { readonly kind: 'unanswered'; readonly reason: string }

/** Judges the JSON that `npm audit` prints. Anything that is no report, as a registry without advisories, is no answer. */
export function judge(printed: string, allowed: readonly Allowed[], today: string): Judgement {
  let value: unknown
  try {
    value = JSON.parse(printed)
  } catch {
    return { kind: 'unanswered', reason: 'npm printed no report' }
  }
  const report = v.safeParse(ReportSchema, value)
  if (!report.success) {
    const refused = v.safeParse(v.object({ statusCode: v.number() }), value)
    return {
      kind: 'unanswered',
      reason: refused.success
        ? `the registry answered ${refused.output.statusCode}`
        : 'npm printed no report',
    }
  }
  const open = new Set(allowed.filter(({ until }) => today < until).map(({ url }) => url))
  const advisories = Object.entries(report.output.vulnerabilities).flatMap(([name, { via }]) =>
    via.flatMap((one) =>
      typeof one === 'string' || open.has(one.url)
        ? []
        : [`${name}: ${one.title} (${one.severity}) ${one.url}`]
    )
  )
  return advisories.length === 0 ? { kind: 'good' } : { kind: 'bad', advisories: [...new Set(advisories)] }
}

/**
 * Asks the registry. An advisory fails the run. No answer does not, since work must go on without a network, but is said at the end of it;
 * with AUDIT=required (for whoever publishes) it fails too.
 */
export async function audit(): Promise<Tally> {
  const printed = await new Promise<string>((resolve) => {
    execFile('npm', ['audit', '--json'], { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout) =>
      resolve(stdout)
    )
  })
  const judged = judge(printed, ALLOWED, new Date().toISOString().slice(0, 10))
  switch (judged.kind) {
    case 'good':
      console.log('No known weakness in any dependency.')
      return NOTHING
    case 'bad':
      for (const line of judged.advisories) console.log(line)
      return {
        ...NOTHING,
        complaints: [`audit found ${judged.advisories.length} weaknesses in dependencies`],
      }
    case 'unanswered': {
      const note = `the dependencies were not audited, because ${judged.reason}`
      if (process.env['AUDIT'] === 'required') return { ...NOTHING, complaints: [note] }
      return { ...NOTHING, notes: [note] }
    }
  }
}
