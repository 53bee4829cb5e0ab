import { mount, unmount } from 'svelte'
import './styles/tokens.css'
import './styles/base.css'
import type { MePassaClient } from '../client/contract.ts'
import App from './App.svelte'
import type { BootState } from './boot-state.ts'
import type { StoreKeeper } from './lib/keeper.ts'
import type { Notifier } from './lib/notifier.ts'
import type { BackupSchedule } from './lib/scheduled-backup.ts'
import type { Pwa } from './pwa/pwa.ts'

export interface AppDeps {
  /** Emptied first. */
  readonly target: Element
  readonly client: MePassaClient
  readonly keeper: StoreKeeper
  readonly boot: BootState
  readonly pwa: Pwa
  readonly notifier: Notifier
  readonly backups: BackupSchedule
}

/** Draws the app into `target` and keeps it right; the function it returns takes it away again. */
export const mountApp = ({ target, ...props }: AppDeps): (() => void) => {
  target.replaceChildren()
  const app = mount(App, { target, props })
  return () => void unmount(app)
}
