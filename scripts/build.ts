/** `npm run build`: the page, its service worker and the check of the size budgets, into `dist`, and the relay into `dist-relay`. */
import { build } from 'vite'
import { FOUND, FOUND_IN_WORKER, writeLicences } from '../vite/licences.ts'
import { bundleRelay } from '../vite/relay-bundle.ts'
import { checkSignalBundle } from '../vite/signal-bundle.ts'

try {
  await build()
  await writeLicences('dist', [FOUND, FOUND_IN_WORKER])
  await checkSignalBundle()
  await bundleRelay('dist-relay')
  // The catalogue's compiler leaves timers behind that would hold the process for half a minute.
  process.exit(0)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
