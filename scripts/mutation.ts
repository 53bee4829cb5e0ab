/**
 * `npm run mutation`: changes every constant of `src/signal`, one at a time, and sees whether a test notices.
 * `npm run mutation -- spqr` does so for the files whose path has that in it.
 */
import { run } from './lib/run.ts'

process.exit(await run(process.execPath, ['tests/mutation/main.ts', ...process.argv.slice(2)]))
