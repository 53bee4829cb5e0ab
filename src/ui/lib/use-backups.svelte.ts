import type { BackupPlan, BackupSchedule } from './scheduled-backup.ts'

/** The plan as state, for as long as the component lives; undefined until it is known. */
export const useBackups = (backups: BackupSchedule): { readonly plan: BackupPlan | null | undefined } => {
  let plan = $state.raw<BackupPlan | null | undefined>()
  $effect(() => backups.watch((next) => (plan = next)))
  return {
    get plan() {
      return plan
    },
  }
}
