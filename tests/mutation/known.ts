/** Constants whose change is not asked of the tests, each by its name (see `literals.ts`). */
import { readFileSync } from 'node:fs'

type Known = {
  /** Another value makes no difference that could be seen: name → why. */
  readonly equivalent: Readonly<Record<string, string>>
  /** No test notices yet: a debt, which may only shrink. */
  readonly unnoticed: readonly string[]
}

const known = JSON.parse(readFileSync(new URL('./known.json', import.meta.url), 'utf8')) as Known

export const isKnown = (name: string): boolean => name in known.equivalent || known.unnoticed.includes(name)

/** Entries for constants that are not there any more. */
export const staleEntries = (names: ReadonlySet<string>): string[] =>
  [...Object.keys(known.equivalent), ...known.unnoticed].filter((name) => !names.has(name))

export const counts = { equivalent: Object.keys(known.equivalent).length, unnoticed: known.unnoticed.length }
