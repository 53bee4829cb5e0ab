/** What is changed, and the suites that must notice. */
import { globSync } from 'node:fs'

/** Files whose constants are changed. */
export const SOURCES: readonly string[] = globSync('src/signal/**/*.ts').sort()

/** The suites that are quick enough to be run hundreds of times. */
export const SUITES: readonly string[] = [
  ...globSync('tests/{unit,vectors}/signal/**/*.test.ts').filter(
    (path) => !path.includes('schedule-property')
  ),
  ...['formats', 'session', 'negative', 'groups', 'sealed-sender'].map(
    (name) => `tests/interop/signal/${name}.test.ts`
  ),
].sort()
