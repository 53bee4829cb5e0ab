import type { MePassaError } from '../../core/domain/errors.ts'

export type BackupInterval = 'day' | 'week'
/** How many files of this schedule stay in the folder. */
export const KEEP_CHOICES = [3, 7, 30] as const

/** Why a folder cannot be written to. `permission`: the browser wants to be asked again, which only a click may do. */
export const TROUBLES = ['permission', 'folder-gone', 'full', 'not-written'] as const
/** Why the last try failed. */
export type BackupTrouble = (typeof TROUBLES)[number] | MePassaError

/** What is backed up where, and how it went. */
export interface BackupPlan {
  /** Name of the folder, as the person knows it. */
  readonly folder: string
  readonly every: BackupInterval
  readonly keep: number
  /** When the last backup was complete, ms since 1970, and its size in bytes; null: none yet. */
  readonly last: { readonly at: number; readonly size: number } | null
  readonly trouble: BackupTrouble | null
  /** One is being made just now. */
  readonly running: boolean
}

/** Backups that make themselves, as the screens see them. The page's own implementation is `createBackupSchedule` of the host. */
export interface BackupSchedule {
  /** False: this browser lets no page write to a folder. */
  readonly supported: boolean
  /** Calls back once it is known and after each change, null while there is no plan; the function it returns ends it. */
  watch(listener: (plan: BackupPlan | null) => void): () => void
  /** Has the browser ask for a folder, and begins; from a click alone. */
  choose(): Promise<void>
  set(part: { readonly every?: BackupInterval; readonly keep?: number }): Promise<void>
  /** Makes one now; from a click, which may ask for the folder again. */
  runNow(): Promise<void>
  /** Ends the plan; the files stay where they are. */
  stop(): Promise<void>
}
