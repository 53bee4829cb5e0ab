import type { MePassaClient } from '../../client/contract.ts'
import type { MePassaError } from '../../core/domain/errors.ts'
import type { Clock } from '../../core/ports/platform.ts'
import { toHex } from '../../lib/bytes.ts'
import { makeBackup } from '../../ui/lib/backup.ts'
import { readLook } from '../../ui/lib/look.ts'
import type { BackupPlan, BackupSchedule, BackupTrouble } from '../../ui/lib/scheduled-backup.ts'
import { hasFolderPicker, mayWrite, pickFolder, writeBackup } from './folder.ts'
import { readPlan, writePlan, type StoredPlan } from './plan-store.ts'

export interface BackupScheduleDeps {
  readonly view: Window & typeof globalThis
  readonly client: Pick<MePassaClient, 'call' | 'live'>
  readonly clock: Clock
  /** One tab makes backups for all of them. */
  readonly leads: () => boolean
}

/** The schedule of a window, and what its host tells it. */
export interface HostBackupSchedule extends BackupSchedule {
  /** Begins; once the client is connected. */
  start(): void
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const PERIOD = { day: DAY, week: 7 * DAY } as const
/** The first look comes when the start is over; then one now and then: timers of pages that nobody sees are slow anyway. */
const FIRST_LOOK = MINUTE
const LOOK = 10 * MINUTE
/** What failed is tried again after this time. */
const AGAIN = 60 * MINUTE
/** Held while a backup is made: two tabs never write at once. */
const LOCK = 'mepassa-backup'
const CHANNEL = 'mepassa-backup'
const DEFAULTS = { every: 'day', keep: 7, last: null, failed: null } as const

class CoreFailure extends Error {
  readonly error: MePassaError
  constructor(error: MePassaError) {
    super(`backup: ${error.reason}`)
    this.error = error
  }
}

/** What the platform throws when a file cannot be written, as what one does about it. */
const troubleOf = (error: unknown): BackupTrouble => {
  if (error instanceof CoreFailure) return error.error
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotFoundError') return 'folder-gone'
  if (name === 'QuotaExceededError') return 'full'
  return name === 'NotAllowedError' || name === 'SecurityError' ? 'permission' : 'not-written'
}

/** Whether it is time. A clock that was put back makes it time, too. */
const isDue = ({ every, last, failed }: StoredPlan, now: number): boolean => {
  const passed = (since: number, time: number): boolean => now - since >= time || since > now
  return (last === null || passed(last.at, PERIOD[every])) && (failed === null || passed(failed.at, AGAIN))
}

/** Makes it. Nothing secret is kept for it: the core seals each backup with the recovery words that it holds (decision 13). */
export const createBackupSchedule = ({
  view,
  client,
  clock,
  leads,
}: BackupScheduleDeps): HostBackupSchedule => {
  const listeners = new Set<(plan: BackupPlan | null) => void>()
  const supported = hasFolderPicker(view)
  /** Only once it is known that this browser has what the app needs. */
  let others: BroadcastChannel | undefined
  let shown: BackupPlan | null | undefined
  let running = false

  const tell = async (): Promise<void> => {
    const plan = await readPlan()
    shown = plan && {
      folder: plan.folder.name,
      every: plan.every,
      keep: plan.keep,
      last: plan.last,
      trouble: (await mayWrite(plan.folder, false)) ? (plan.failed?.why ?? null) : 'permission',
      running,
    }
    for (const listener of listeners) listener(shown)
  }
  const change = async (plan: StoredPlan | null): Promise<void> => {
    await writePlan(plan)
    others?.postMessage(null)
    await tell()
  }

  /** Notes how it ended, unless the plan has ended or become another meanwhile. */
  const note = async ({ tag }: StoredPlan, part: Partial<StoredPlan>): Promise<void> => {
    const plan = await readPlan()
    if (plan?.tag === tag) await writePlan({ ...plan, ...part })
  }
  const make = async (plan: StoredPlan): Promise<void> => {
    const { folder, tag, keep } = plan
    const at = clock.now()
    try {
      const size = await writeBackup(folder, { tag, keep, at }, async (write) => {
        const made = await makeBackup({ client, passphrase: null, look: readLook(view) }, write)
        if (!made.ok) throw new CoreFailure(made.error)
      })
      await note(plan, { last: { at, size }, failed: null })
    } catch (error) {
      const why = troubleOf(error)
      // While the app lock is closed there is nothing to be done about it: the next look sees whether it is open.
      if (typeof why === 'string' || why.reason !== 'app-locked') await note(plan, { failed: { at, why } })
    }
  }

  /** @param byHand a person asks for it: now, whatever the plan says, and they may be asked for the folder again. */
  const run = async (byHand: boolean): Promise<void> => {
    const wanted = async (): Promise<StoredPlan | null> => {
      const plan = await readPlan()
      return plan && (byHand || (leads() && isDue(plan, clock.now()))) ? plan : null
    }
    const plan = await wanted()
    if (!plan) return
    if (!(await mayWrite(plan.folder, byHand))) return tell()
    await view.navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
      // It may have been made while the lock was waited for.
      const now = lock && (await wanted())
      if (!now) return
      running = true
      await tell()
      try {
        await make(now)
      } finally {
        running = false
      }
    })
    others?.postMessage(null)
    await tell()
  }

  const look = (): void => {
    void run(false).catch(() => undefined)
    clock.after(LOOK, look)
  }

  return {
    supported,
    watch: (listener) => {
      listeners.add(listener)
      if (shown !== undefined) listener(shown)
      else if (supported) void tell()
      return () => listeners.delete(listener)
    },
    choose: async () => {
      if (!hasFolderPicker(view)) return
      const folder = await pickFolder(view)
      if (!folder) return
      const before = (await readPlan()) ?? DEFAULTS
      const tag = toHex(view.crypto.getRandomValues(new Uint8Array(2)))
      await change({ ...before, folder, tag, last: null, failed: null })
      await run(true)
    },
    set: async (part) => {
      const plan = await readPlan()
      if (plan) await change({ ...plan, ...part })
    },
    runNow: () => run(true),
    stop: () => change(null),
    start: () => {
      if (!supported) return
      others = new BroadcastChannel(CHANNEL)
      others.addEventListener('message', () => void tell())
      clock.after(FIRST_LOOK, look)
    },
  }
}
