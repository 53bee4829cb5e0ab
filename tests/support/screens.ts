/** All screens and states of the interface, for axe and for looking at. */
import type { NotifierState } from '../../src/ui/lib/notifier.ts'
import type { BackupPlan } from '../../src/ui/lib/scheduled-backup.ts'
import type { BootPhase } from '../../src/ui/boot-state.ts'
import { accountNumber, chatNumber } from './sample-people.ts'
import type { KeeperScript } from './scripted-keeper.ts'
import type { ScriptName } from './scripts.ts'

/** What is done once the screen is there. Elements by their test id. */
export type Step =
  | { readonly click: string }
  | { readonly fill: string; readonly text: string }
  | { readonly press: string }
  | { readonly search: string }
  /** Waits until an element with this test id is there. */
  | { readonly see: string }

export interface Screen {
  readonly id: string
  readonly script: ScriptName
  /** The address's fragment. */
  readonly hash: string
  readonly boot?: BootPhase
  readonly updateReady?: boolean
  readonly offline?: boolean
  readonly keeper?: KeeperScript
  /** The browser's part of notifications. */
  readonly notifier?: Partial<NotifierState>
  /** The plan of scheduled backups; undefined: this browser has none. */
  readonly backups?: BackupPlan | null
  readonly steps?: readonly Step[]
}

const chat = (n: number): string => `#/chat/${chatNumber(n)}`
const contact = (n: number): string => `#/contact/${accountNumber(n)}`
const INVITE = `#/invite/${'AQBvCAESEJ0f2nY5'.repeat(8)}`

const plan = (part: Partial<BackupPlan>): BackupPlan => ({
  folder: 'Cópias de segurança',
  every: 'day',
  keep: 7,
  last: null,
  trouble: null,
  running: false,
  ...part,
})

const KEPT: KeeperScript = {
  kept: [
    { folder: 'mepassa-2', size: 51_900_000, at: Date.now() - 86_400_000 },
    { folder: 'mepassa', size: 48_300_000, at: Date.now() - 40 * 86_400_000 },
  ],
}

export const SCREENS: readonly Screen[] = [
  { id: 'boot-starting', script: 'busy', hash: '#/', boot: 'starting' },
  { id: 'boot-waiting', script: 'busy', hash: '#/', boot: 'waiting-for-leader' },
  { id: 'boot-migrating', script: 'busy', hash: '#/', boot: 'migrating', steps: [{ see: 'migrating' }] },
  { id: 'boot-slow', script: 'busy', hash: '#/', boot: { kind: 'slow' } },
  {
    id: 'boot-unsupported',
    script: 'busy',
    hash: '#/',
    boot: { kind: 'unsupported', missing: ['opfs', 'locks', 'webrtc'] },
  },
  {
    id: 'boot-insecure',
    script: 'busy',
    hash: '#/',
    boot: { kind: 'unsupported', missing: ['secure-context'] },
  },
  {
    id: 'boot-failed',
    script: 'busy',
    hash: '#/',
    boot: { kind: 'failed', error: { kind: 'storage', reason: 'newer-version' } },
  },
  {
    id: 'boot-damaged',
    script: 'busy',
    hash: '#/',
    boot: { kind: 'failed', error: { kind: 'storage', reason: 'damaged' } },
    steps: [{ click: 'recover' }],
  },
  {
    id: 'boot-damaged-erase',
    script: 'busy',
    hash: '#/',
    boot: { kind: 'failed', error: { kind: 'storage', reason: 'damaged' } },
    steps: [{ click: 'recover' }, { click: 'erase' }, { see: 'erase-dialog' }],
  },
  {
    id: 'boot-evicted',
    script: 'busy',
    hash: '#/',
    boot: { kind: 'failed', error: { kind: 'storage', reason: 'evicted' } },
  },
  {
    id: 'boot-locked',
    script: 'busy',
    hash: '#/',
    boot: { kind: 'failed', error: { kind: 'storage', reason: 'app-locked' } },
    steps: [{ fill: 'unlock-passphrase', text: 'wrong' }, { click: 'unlock' }],
  },
  {
    id: 'boot-locked-passkey',
    script: 'busy',
    hash: '#/',
    boot: { kind: 'failed', error: { kind: 'storage', reason: 'app-locked' } },
    keeper: { isSet: true, passkey: true },
    steps: [{ click: 'unlock-passkey' }],
  },
  {
    id: 'store-news',
    script: 'busy',
    hash: '#/',
    keeper: {
      news: {
        recovery: { messages: 1_204, contacts: 12, lostMessages: 7, lostOthers: 1, keptFolder: 'none' },
        missing: 2,
      },
    },
    steps: [{ see: 'store-news' }],
  },
  { id: 'welcome', script: 'new', hash: '#/' },
  { id: 'welcome-error', script: 'new', hash: '#/', steps: [{ click: 'create-account' }] },
  {
    id: 'welcome-full',
    script: 'new-failing',
    hash: '#/',
    steps: [{ fill: 'name-input', text: 'Luís' }, { click: 'create-account' }],
  },
  { id: 'welcome-invited', script: 'new', hash: INVITE },
  { id: 'chats', script: 'busy', hash: '#/' },
  { id: 'chats-empty', script: 'empty', hash: '#/' },
  { id: 'chats-unsafe', script: 'unsafe', hash: '#/', steps: [{ see: 'storage-answer' }] },
  { id: 'chats-loading', script: 'loading', hash: '#/' },
  { id: 'chats-offline', script: 'offline', hash: '#/' },
  { id: 'chats-update', script: 'busy', hash: '#/', updateReady: true },
  { id: 'chats-uninvited', script: 'uninvited', hash: '#/', steps: [{ see: 'status-line' }] },
  { id: 'device-removed', script: 'device-removed', hash: '#/', steps: [{ see: 'renew-device' }] },
  { id: 'device-renewed', script: 'device-renewed', hash: '#/', steps: [{ see: 'device-seen' }] },
  { id: 'search-hits', script: 'busy', hash: '#/', steps: [{ search: 'an' }, { see: 'chat-row' }] },
  {
    id: 'search-filters',
    script: 'busy',
    hash: '#/',
    steps: [{ search: 'an' }, { click: 'search-filters' }, { see: 'filters' }],
  },
  { id: 'search-nothing', script: 'busy', hash: '#/', steps: [{ search: 'zzzz' }] },
  { id: 'search-error', script: 'failing', hash: '#/', steps: [{ search: 'feira' }] },
  { id: 'shortcuts', script: 'busy', hash: '#/', steps: [{ press: '?' }, { see: 'shortcuts' }] },
  { id: 'conversation', script: 'busy', hash: chat(1), steps: [{ see: 'message' }] },
  { id: 'conversation-unread', script: 'busy', hash: chat(2), steps: [{ see: 'unread-line' }] },
  { id: 'conversation-vanishing', script: 'vanishing', hash: chat(1), steps: [{ see: 'vanish-mark' }] },
  { id: 'conversation-invited', script: 'busy', hash: chat(3) },
  { id: 'conversation-review', script: 'busy', hash: chat(4), steps: [{ see: 'review-notice' }] },
  { id: 'conversation-blocked', script: 'busy', hash: chat(5) },
  { id: 'conversation-long-name', script: 'busy', hash: chat(6), steps: [{ see: 'message' }] },
  { id: 'conversation-request', script: 'busy', hash: chat(7) },
  { id: 'conversation-unknown', script: 'busy', hash: chat(99) },
  { id: 'conversation-loading', script: 'loading', hash: chat(1) },
  { id: 'conversation-offline', script: 'offline', hash: chat(1), steps: [{ see: 'message' }] },
  { id: 'conversation-relayed', script: 'relayed', hash: chat(1), steps: [{ see: 'message' }] },
  {
    id: 'conversation-send-error',
    script: 'failing',
    hash: chat(1),
    steps: [{ fill: 'composer', text: 'Oi' }, { click: 'send' }],
  },
  {
    id: 'path-panel',
    script: 'busy',
    hash: chat(1),
    steps: [{ click: 'path-indicator' }, { see: 'path-panel' }],
  },
  {
    id: 'path-panel-relayed',
    script: 'relayed',
    hash: chat(1),
    steps: [{ click: 'path-indicator' }, { see: 'path-panel' }],
  },
  { id: 'add', script: 'busy', hash: '#/add', steps: [{ see: 'invite-link' }] },
  { id: 'add-loading', script: 'loading', hash: '#/add' },
  { id: 'add-error', script: 'failing', hash: '#/add' },
  {
    id: 'add-bad-link',
    script: 'invite-malformed',
    hash: '#/add',
    steps: [{ fill: 'paste-link', text: 'hello' }, { press: 'Enter' }],
  },
  {
    id: 'add-confirm',
    script: 'busy',
    hash: '#/add',
    steps: [{ fill: 'paste-link', text: 'x' }, { press: 'Enter' }, { see: 'confirm-add' }],
  },
  { id: 'scanner', script: 'busy', hash: '#/add', steps: [{ click: 'scan' }, { see: 'scanner' }] },
  { id: 'invite', script: 'busy', hash: INVITE, steps: [{ see: 'confirm-add' }] },
  { id: 'invite-known', script: 'invite-known', hash: INVITE, steps: [{ see: 'open-known' }] },
  { id: 'invite-asked', script: 'invite-asked', hash: INVITE, steps: [{ see: 'confirm-add' }] },
  { id: 'invite-expired', script: 'invite-expired', hash: INVITE, steps: [{ see: 'invite-error' }] },
  { id: 'requests', script: 'busy', hash: '#/requests', steps: [{ see: 'request' }] },
  { id: 'requests-empty', script: 'empty', hash: '#/requests' },
  { id: 'contact', script: 'busy', hash: contact(2), steps: [{ see: 'safety-number' }] },
  { id: 'contact-verified', script: 'busy', hash: contact(1), steps: [{ see: 'safety-number' }] },
  { id: 'contact-vanishing', script: 'vanishing', hash: contact(1), steps: [{ see: 'safety-number' }] },
  { id: 'contact-review', script: 'busy', hash: contact(4), steps: [{ see: 'safety-review' }] },
  { id: 'contact-old-list', script: 'old-list', hash: contact(2), steps: [{ see: 'list-old' }] },
  { id: 'contact-request', script: 'busy', hash: contact(7), steps: [{ see: 'safety-number' }] },
  { id: 'contact-blocked', script: 'busy', hash: contact(5), steps: [{ see: 'unblock-contact' }] },
  {
    id: 'export-chat',
    script: 'busy',
    hash: contact(1),
    steps: [{ click: 'export-chat' }, { see: 'export-save' }],
  },
  {
    id: 'export-chat-saved',
    script: 'busy',
    hash: contact(1),
    steps: [{ click: 'export-chat' }, { click: 'export-save' }, { see: 'export-saved' }],
  },
  {
    id: 'export-chat-failed',
    script: 'failing',
    hash: contact(1),
    steps: [{ click: 'export-chat' }, { click: 'export-save' }, { see: 'export-error' }],
  },
  { id: 'contact-error', script: 'failing', hash: contact(2) },
  {
    id: 'block-confirm',
    script: 'busy',
    hash: contact(2),
    steps: [{ click: 'block-contact' }, { see: 'confirm-block' }],
  },
  {
    id: 'clear-confirm',
    script: 'busy',
    hash: contact(2),
    steps: [{ click: 'clear-chat' }, { see: 'confirm-clear' }],
  },
  { id: 'settings', script: 'busy', hash: '#/settings' },
  { id: 'settings-profile', script: 'busy', hash: '#/settings/profile' },
  { id: 'settings-privacy', script: 'busy', hash: '#/settings/privacy' },
  {
    id: 'settings-lock',
    script: 'busy',
    hash: '#/settings/privacy',
    keeper: { isSet: true },
    steps: [{ click: 'lock-change' }, { see: 'lock-again' }],
  },
  {
    id: 'settings-lock-passkey',
    script: 'busy',
    hash: '#/settings/privacy',
    keeper: { isSet: true, passkey: true },
    steps: [{ see: 'passkey-remove' }],
  },
  {
    id: 'settings-lock-passkey-add',
    script: 'busy',
    hash: '#/settings/privacy',
    keeper: { isSet: true },
    steps: [{ click: 'passkey-add' }, { click: 'passkey-make' }],
  },
  {
    id: 'settings-lock-no-passkeys',
    script: 'busy',
    hash: '#/settings/privacy',
    keeper: { isSet: true, passkey: null },
    steps: [{ see: 'lock-now' }],
  },
  {
    id: 'settings-erase',
    script: 'busy',
    hash: '#/settings/privacy',
    steps: [{ click: 'erase' }, { see: 'erase-dialog' }],
  },
  { id: 'settings-privacy-error', script: 'failing', hash: '#/settings/privacy' },
  {
    id: 'settings-notifications',
    script: 'busy',
    hash: '#/settings/notifications',
    notifier: { support: 'yes' },
  },
  {
    id: 'settings-notifications-on',
    script: 'told',
    hash: '#/settings/notifications',
    notifier: { support: 'yes', permission: 'granted' },
    steps: [{ see: 'notifications-ready' }],
  },
  {
    id: 'settings-notifications-trouble',
    script: 'told',
    hash: '#/settings/notifications',
    notifier: { support: 'yes', permission: 'granted', trouble: true },
    steps: [{ see: 'notifications-trouble' }],
  },
  {
    id: 'settings-notifications-refused',
    script: 'refused',
    hash: '#/settings/notifications',
    notifier: { support: 'yes', permission: 'granted' },
    steps: [{ see: 'notifications-refused' }],
  },
  {
    id: 'settings-notifications-denied',
    script: 'busy',
    hash: '#/settings/notifications',
    notifier: { support: 'yes', permission: 'denied' },
    steps: [{ see: 'notifications-denied' }],
  },
  {
    id: 'settings-notifications-unsupported',
    script: 'busy',
    hash: '#/settings/notifications',
    notifier: {},
    steps: [{ see: 'notifications-unsupported' }],
  },
  {
    id: 'settings-notifications-install',
    script: 'busy',
    hash: '#/settings/notifications',
    notifier: { support: 'install-first' },
    steps: [{ see: 'notifications-install' }],
  },
  {
    id: 'chats-notification-note',
    script: 'busy',
    hash: '#/',
    notifier: { support: 'yes' },
    steps: [{ see: 'notification-note' }],
  },
  { id: 'settings-appearance', script: 'busy', hash: '#/settings/appearance' },
  { id: 'settings-language', script: 'busy', hash: '#/settings/language' },
  { id: 'settings-storage', script: 'busy', hash: '#/settings/storage', steps: [{ see: 'storage-health' }] },
  {
    id: 'settings-storage-denied',
    script: 'unsafe',
    hash: '#/settings/storage',
    steps: [{ see: 'storage-health' }],
  },
  {
    id: 'settings-storage-full',
    script: 'full',
    hash: '#/settings/storage',
    steps: [{ see: 'storage-health' }],
  },
  {
    id: 'settings-storage-kept',
    script: 'busy',
    hash: '#/settings/storage',
    keeper: KEPT,
    steps: [{ see: 'kept-files' }],
  },
  {
    id: 'settings-storage-kept-delete',
    script: 'busy',
    hash: '#/settings/storage',
    keeper: { kept: [{ folder: 'mepassa', size: 48_300_000, at: Date.now() - 86_400_000 }] },
    steps: [{ click: 'kept-delete' }, { see: 'kept-confirm' }],
  },
  { id: 'settings-connection', script: 'busy', hash: '#/settings/connection', steps: [{ see: 'relay' }] },
  {
    id: 'settings-connection-down',
    script: 'offline',
    hash: '#/settings/connection',
    steps: [{ see: 'relay' }],
  },
  { id: 'settings-relays', script: 'relays', hash: '#/settings/connection', steps: [{ see: 'leave-relay' }] },
  {
    id: 'settings-relays-leave',
    script: 'relays',
    hash: '#/settings/connection',
    steps: [{ click: 'leave-relay' }, { see: 'confirm-leave-relay' }],
  },
  {
    id: 'settings-relays-wrong-address',
    script: 'relays',
    hash: '#/settings/connection',
    steps: [{ fill: 'relay-address', text: 'no relay' }, { click: 'add-relay' }],
  },
  { id: 'settings-recovery', script: 'busy', hash: '#/settings/recovery' },
  {
    id: 'settings-recovery-words',
    script: 'busy',
    hash: '#/settings/recovery',
    steps: [{ click: 'show-words' }, { see: 'recovery-words' }],
  },
  { id: 'settings-backup', script: 'busy', hash: '#/settings/backup', steps: [{ see: 'save-backup' }] },
  {
    id: 'settings-backup-plan-none',
    script: 'busy',
    hash: '#/settings/backup',
    backups: null,
    steps: [{ see: 'backup-folder' }],
  },
  {
    id: 'settings-backup-plan',
    script: 'busy',
    hash: '#/settings/backup',
    backups: plan({ last: { at: Date.now() - 3_600_000, size: 48_300_000 } }),
    steps: [{ see: 'backup-last' }],
  },
  {
    id: 'settings-backup-plan-running',
    script: 'busy',
    hash: '#/settings/backup',
    backups: plan({ running: true }),
    steps: [{ see: 'backup-now' }],
  },
  {
    id: 'settings-backup-plan-trouble',
    script: 'busy',
    hash: '#/settings/backup',
    backups: plan({ trouble: 'folder-gone' }),
    steps: [{ see: 'backup-trouble' }],
  },
  {
    id: 'chats-backup-note',
    script: 'busy',
    hash: '#/',
    backups: plan({ trouble: 'permission' }),
    steps: [{ see: 'backup-note' }],
  },
  {
    id: 'welcome-restore',
    script: 'new',
    hash: '#/',
    steps: [{ click: 'restore-open' }, { see: 'restore-start' }],
  },
  { id: 'settings-about', script: 'busy', hash: '#/settings/about' },
]
