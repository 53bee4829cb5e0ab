import { statfs } from 'node:fs/promises'
import type { RelayConfig } from '../config.ts'
import { refuse } from '../errors.ts'
import type { MailboxStore } from './mailbox-store.ts'

/** Whether there is room for more mail. */
export interface MailRoom {
  /** Refuses with `unavailable` while there is none: senders keep what they have and try again. */
  check(): void
  stop(): void
}

interface Deps {
  readonly mailbox: Pick<MailboxStore, 'bytes'>
  readonly config: Pick<RelayConfig, 'dataDir' | 'databaseUrl' | 'mail' | 'limits'>
  /** Told when it becomes full and when there is room again. */
  readonly changed: (full: boolean) => void
}

/** Looks now and then, not for each deposit; ready when it has looked once. A look that fails changes nothing: deposits find out themselves. */
export const openMailRoom = async ({ mailbox, config, changed }: Deps): Promise<MailRoom> => {
  const { dataDir, databaseUrl, mail, limits } = config
  let full = false

  const isFull = async (): Promise<boolean> => {
    // Mail that lies in PostgreSQL takes nothing of this disk.
    if (databaseUrl === null && mail.diskFloor > 0) {
      const { bavail, bsize } = await statfs(dataDir)
      if (bavail * bsize < mail.diskFloor) return true
    }
    return mail.capacity !== null && (await mailbox.bytes()) >= mail.capacity
  }
  const look = async (): Promise<void> => {
    const now = await isFull().catch(() => full)
    if (now === full) return
    full = now
    changed(full)
  }

  await look()
  let looking = Promise.resolve()
  const timer = setInterval(() => void (looking = looking.then(look)), limits.mailRoomEvery)
  timer.unref()
  return {
    check: () => {
      if (full) refuse('unavailable', 'the relay has no room for more mail now; try again later')
    },
    stop: () => clearInterval(timer),
  }
}
