import { statfs } from 'node:fs/promises'
import type { RelayConfig } from './config.ts'
import { refuse } from './errors.ts'
import type { MailboxStore } from './mailbox/mailbox-store.ts'

/** Whether there is room for more. */
export interface Room {
  /** Refuses with `unavailable` while there is none for mail: senders keep what they have and try again. */
  checkMail(): void
  /** The same for attachments. */
  checkBlobs(): void
  /** The same for prekeys. */
  checkPreKeys(): void
  stop(): void
}

interface Full {
  readonly mail: boolean
  readonly blobs: boolean
  readonly prekeys: boolean
}

interface Deps {
  readonly mailbox: Pick<MailboxStore, 'bytes'>
  readonly config: Pick<RelayConfig, 'dataDir' | 'databaseUrl' | 'mail' | 'blobs' | 'limits'>
  /** Told when one of them becomes full and when there is room again. */
  readonly changed: (what: keyof Full, full: boolean) => void
}

/**
 * How many floors each leaves free. What attachments leave is for mail, which is small and matters more; what mail leaves is for the keys of devices,
 * without which nobody can begin to write to them.
 */
const FLOORS = { blobs: 2, mail: 1, prekeys: 0.5 } as const

/** Looks now and then, not for each request; ready when it has looked once. A look that fails changes nothing: requests find out themselves. */
export const openRoom = async ({ mailbox, config, changed }: Deps): Promise<Room> => {
  const { dataDir, databaseUrl, mail, blobs, limits } = config
  let full: Full = { mail: false, blobs: false, prekeys: false }

  const measure = async (): Promise<Full> => {
    const { bavail, bsize } = await statfs(dataDir)
    const free = bavail * bsize
    const leavesTooLittle = (what: keyof Full): boolean => free < FLOORS[what] * mail.diskFloor
    // What lies in PostgreSQL or at S3 takes nothing of this disk.
    const storesHere = databaseUrl === null
    return {
      mail:
        (storesHere && leavesTooLittle('mail')) ||
        (mail.capacity !== null && (await mailbox.bytes()) >= mail.capacity),
      blobs: blobs.s3 === null && leavesTooLittle('blobs'),
      prekeys: storesHere && leavesTooLittle('prekeys'),
    }
  }
  const look = async (): Promise<void> => {
    const before = full
    full = await measure().catch(() => before)
    for (const what of ['mail', 'blobs', 'prekeys'] as const)
      if (full[what] !== before[what]) changed(what, full[what])
  }

  await look()
  let looking = Promise.resolve()
  const timer = setInterval(() => void (looking = looking.then(look)), limits.roomEvery)
  timer.unref()
  return {
    checkMail: () => {
      if (full.mail) refuse('unavailable', 'the relay has no room for more mail now; try again later')
    },
    checkBlobs: () => {
      if (full.blobs) refuse('unavailable', 'the relay has no room for more attachments now; try again later')
    },
    checkPreKeys: () => {
      if (full.prekeys) refuse('unavailable', 'the relay has no room for more keys now; try again later')
    },
    stop: () => clearInterval(timer),
  }
}
