import type { BackupPlan, BackupSchedule } from '../../src/ui/lib/scheduled-backup.ts'

/** Scheduled backups as a test wants them; without a word of them the browser has none. */
export const createScriptedBackups = (plan?: BackupPlan | null): BackupSchedule => ({
  supported: plan !== undefined,
  watch: (listener) => {
    if (plan !== undefined) listener(plan)
    return () => undefined
  },
  choose: async () => undefined,
  set: async () => undefined,
  runNow: async () => undefined,
  stop: async () => undefined,
})
