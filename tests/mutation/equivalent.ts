/** Constants of which another value makes no difference that could be seen, each by its name (see `literals.ts`). */
import { readFileSync } from 'node:fs'

/** Name → why. */
const reasons = JSON.parse(readFileSync(new URL('./equivalent.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, string>
>

export const isEquivalent = (name: string): boolean => Object.hasOwn(reasons, name)

/** What is wrong with the list itself: entries for constants that are not there any more, or without a reason. */
export const faultsOfList = (names: ReadonlySet<string>): string[] => [
  ...Object.keys(reasons)
    .filter((name) => !names.has(name))
    .map((name) => `Listed, but not there: ${name}`),
  ...Object.entries(reasons)
    .filter(([, reason]) => reason.trim() === '')
    .map(([name]) => `Listed without a reason: ${name}`),
]
