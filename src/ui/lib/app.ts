import { createContext } from 'svelte'
import type { ConnectionState, Me, MePassaClient } from '../../client/contract.ts'
import type { Conversation } from '../../core/domain/conversation.ts'
import type { Pwa } from '../pwa/pwa.ts'
import type { Announcer } from './announcer.svelte.ts'
import type { StoreKeeper } from './keeper.ts'
import type { LiveValue } from './live.svelte.ts'
import type { Notifier } from './notifier.ts'
import type { Preferences } from './preferences.svelte.ts'
import type { Router } from './router.svelte.ts'
import type { BackupSchedule } from './scheduled-backup.ts'
import type { SearchModel } from './search.svelte.ts'

/** What every screen may use. */
export interface App {
  readonly client: MePassaClient
  readonly keeper: StoreKeeper
  readonly router: Router
  readonly preferences: Preferences
  readonly announcer: Announcer
  readonly pwa: Pwa
  readonly notifier: Notifier
  readonly backups: BackupSchedule
  readonly search: SearchModel
  readonly me: LiveValue<Me | null>
  readonly conversations: LiveValue<readonly Conversation[]>
  readonly connection: LiveValue<ConnectionState>
}

export const [getApp, setApp] = createContext<App>()
