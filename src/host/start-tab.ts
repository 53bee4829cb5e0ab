import { connectKeeper } from '../client/keeper/connect-keeper.ts'
import { connectClient } from '../client/bridge/connect-client.ts'
import type { MePassaClient } from '../client/contract.ts'
import type { BootControl, BootPhase, MissingCapability } from '../ui/boot-state.ts'
import type { StoreKeeper } from '../ui/lib/keeper.ts'
import type { Notifier } from '../ui/lib/notifier.ts'
import type { BackupSchedule } from '../ui/lib/scheduled-backup.ts'
import { sweepTemporaryFiles } from '../ui/lib/temporary-file.ts'
import { createBackupSchedule } from './backups/backup-schedule.ts'
import { hadAccount, markAccount } from './account-mark.ts'
import { missingCapabilities } from './capabilities.ts'
import { createCoreLink } from './core-link.ts'
import { eraseAll } from './erase.ts'
import { keepStorage } from './keep-storage.ts'
import { createNotifier } from './notifications/create-notifier.ts'
import { createPasskeys } from './passkeys.ts'
import { createPeerHost } from './peer-host.ts'
import { systemClock } from './platform.ts'
import { watchWakeUps } from './wake-up.ts'

/** Name of the profile's locks, channels and database. One profile an origin. */
const SCOPE = 'mepassa'

export interface TabStart {
  readonly view: Window & typeof globalThis
  readonly boot: BootControl
  /** Starts the core worker's code. */
  readonly spawn: () => Worker
}

export interface StartedTab {
  readonly client: MePassaClient
  readonly keeper: StoreKeeper
  readonly notifier: Notifier
  readonly backups: BackupSchedule
}

/**
 * Makes this window a tab of the profile: checks what the browser can do, starts the core worker, connects a client to whoever leads, and
 * hosts what only windows can when it is this tab that leads. `boot` tells how far it is; the client waits until then.
 */
export const startTab = ({ view, boot, spawn }: TabStart): StartedTab => {
  const { document, navigator } = view
  const peers = createPeerHost(view.location.protocol === 'https:')
  let leading = false
  let answered = false
  let unsupported = false

  const tell = (phase: BootPhase): void => {
    if (!unsupported) boot.set(phase)
  }
  const refuse = (missing: readonly MissingCapability[]): void => {
    tell({ kind: 'unsupported', missing })
    unsupported = true
  }
  const waiting = (): BootPhase => (leading ? 'starting' : 'waiting-for-leader')

  const link = createCoreLink({
    spawn,
    scope: SCOPE,
    origin: view.location.origin,
    isExpected: () => hadAccount(view.localStorage),
    locks: navigator.locks,
    clock: systemClock,
    newId: () => view.crypto.randomUUID(),
    onControl: (message) => {
      if (message.type === 'unsupported') refuse(['opfs'])
      if (message.type === 'peers') peers.serve(message.port)
      if (message.type !== 'role') return
      leading = message.role === 'leading'
      if (leading) notifier.led()
      else peers.stop()
      if (!answered) tell(waiting())
    },
    onGone: () => {
      leading = false
      peers.stop()
    },
  })
  const client = connectClient(link.channel, {
    clock: systemClock,
    newId: () => view.crypto.randomUUID(),
    onState: (state) => {
      answered ||= state === 'ready'
      tell(state === 'slow' ? { kind: 'slow' } : state === 'waiting' ? waiting() : state)
    },
  })

  const notifier = createNotifier({ view, client, clock: systemClock, leads: () => leading })
  const backups = createBackupSchedule({ view, client, clock: systemClock, leads: () => leading })

  const tellVisibility = (): void => link.setVisible(document.visibilityState === 'visible')
  const run = (): void => {
    tellVisibility()
    link.resume()
    document.addEventListener('visibilitychange', tellVisibility)
    watchWakeUps(view, client, systemClock, () => leading || document.visibilityState === 'visible')
    keepStorage(client, navigator)
    markAccount(client, view.localStorage)
    notifier.start()
    backups.start()
    void sweepTemporaryFiles(navigator).catch(() => undefined)
    // A page that is put aside must not keep the lead: its worker ends, and another begins if the person comes back to it.
    view.addEventListener('pagehide', link.suspend)
    view.addEventListener('pageshow', (event) => {
      if (event.persisted) link.resume()
    })
  }
  void missingCapabilities(view).then((missing) => (missing.length > 0 ? refuse(missing) : run()))
  const keeper = connectKeeper(link.channel, () => view.crypto.randomUUID())
  return {
    client,
    notifier,
    backups,
    keeper: { ...keeper, ...createPasskeys(view, keeper), eraseAll: () => eraseAll(keeper, notifier, view) },
  }
}
