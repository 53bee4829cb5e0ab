/** The page: draws the app at once, and makes this window a tab of the profile while it is being drawn. */
import { startTab } from './host/start-tab.ts'
import { spawnCoreWorker } from './host/spawn-core-worker.ts'
import { createBootState } from './ui/boot-state.ts'
import { mountApp } from './ui/mount.ts'
import { createPwa } from './ui/pwa/create-pwa.svelte.ts'

const target = document.querySelector('#app')
if (!target) throw new Error('the page has no #app')

const boot = createBootState()
const tab = startTab({ view: window, boot, spawn: () => spawnCoreWorker(window) })
mountApp({ target, boot, pwa: createPwa(window), ...tab })
