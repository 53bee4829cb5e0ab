/** Draws the interface over a scripted client: `gallery.html?screen=<id>#<fragment>`. */
import { createBootState } from '../../../src/ui/boot-state.ts'
import { mountApp } from '../../../src/ui/mount.ts'
import { createScriptedBackups } from '../../support/scripted-backups.ts'
import { createScriptedClient } from '../../support/scripted-client.ts'
import { createScriptedKeeper } from '../../support/scripted-keeper.ts'
import { createScriptedNotifier } from '../../support/scripted-notifier.ts'
import { SCREENS } from '../../support/screens.ts'
import { SCRIPTS, type ScriptName } from '../../support/scripts.ts'

const query = new URLSearchParams(location.search)
const screen = SCREENS.find(({ id }) => id === query.get('screen'))
const name = (query.get('script') ?? screen?.script ?? 'busy') as ScriptName
const target = document.querySelector('#app')
if (!target) throw new Error('the page has no #app')

// The picker is the system's own window, which a test cannot operate: files are saved as where there is none.
Reflect.deleteProperty(window, 'showSaveFilePicker')

const client = createScriptedClient(SCRIPTS[name]())
// For tests that let something come in while they look.
Object.assign(window, { scripted: client })

mountApp({
  target,
  client,
  keeper: createScriptedKeeper(screen?.keeper),
  boot: createBootState(screen?.boot ?? 'ready'),
  pwa: {
    updateReady: screen?.updateReady ?? false,
    canInstall: true,
    installed: false,
    update: () => {},
    install: async () => true,
  },
  notifier: createScriptedNotifier(screen?.notifier),
  backups: createScriptedBackups(screen?.backups),
})
