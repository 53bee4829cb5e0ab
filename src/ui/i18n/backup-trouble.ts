import type { BackupTrouble } from '../lib/scheduled-backup.ts'
import { errorText } from './error-text.ts'
import { m } from './paraglide/messages.js'

const TROUBLE = {
  permission: m.plan_permission,
  'folder-gone': m.plan_folder_gone,
  full: m.plan_full,
  'not-written': m.plan_not_written,
} as const

/** Why there is no new backup in the folder, and what to do now. */
export const backupTroubleText = (trouble: BackupTrouble, folder: string): string =>
  typeof trouble === 'string' ? TROUBLE[trouble]({ folder }) : errorText(trouble)
