/** `npm run build`: the page, its service worker and the check of the size budgets, into `dist`. */
import { build } from 'vite'
import { checkSignalBundle } from '../vite/signal-bundle.ts'

try {
  await build()
  await checkSignalBundle()
  // The catalogue's compiler leaves timers behind that would hold the process for half a minute.
  process.exit(0)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
