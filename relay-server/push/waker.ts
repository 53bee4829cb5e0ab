import { toHex } from '../../src/lib/bytes.ts'
import type { MailboxHub } from '../mailbox/hub.ts'
import type { MailboxStore } from '../mailbox/mailbox-store.ts'
import { PUSH_LIMITS } from '../limits.ts'
import type { Pusher, Wake } from './pusher.ts'

/** A wake-up for an envelope that is on disk. */
export interface MailWake extends Wake {
  readonly envelope: Uint8Array
}

/** Wakes devices that are away. */
export interface Waker {
  /** `connected`: those that were given the mail just now; they get some time to acknowledge it. */
  wake(wakes: readonly MailWake[], connected: Awaited<ReturnType<MailboxHub['wake']>>): void
  close(): void
}

interface Deps {
  readonly pusher: Pick<Pusher, 'push'>
  readonly mailbox: Pick<MailboxStore, 'holds'>
  /** Ms that a connected device has for its acknowledgement. */
  readonly patience: number
  readonly failed: (error: unknown) => void
}

/** Makes the waker. */
export const createWaker = ({ pusher, mailbox, patience, failed }: Deps): Waker => {
  const awaited = new Map<string, NodeJS.Timeout>()

  const check = async (wake: MailWake): Promise<void> => {
    if (await mailbox.holds(wake.account, wake.device, wake.envelope)) pusher.push(wake)
  }
  const wait = (wake: MailWake): void => {
    const name = `${wake.account}.${wake.device}.${toHex(wake.envelope)}`
    if (awaited.has(name) || awaited.size >= PUSH_LIMITS.awaited) return
    const timer = setTimeout(() => {
      awaited.delete(name)
      check(wake).catch(failed)
    }, patience)
    timer.unref()
    awaited.set(name, timer)
  }

  return {
    wake: (wakes, connected) => {
      const here = new Set(connected.map(({ account, device }) => `${account}.${device}`))
      for (const wake of wakes)
        if (here.has(`${wake.account}.${wake.device}`)) wait(wake)
        else pusher.push(wake)
    },
    close: () => {
      for (const timer of awaited.values()) clearTimeout(timer)
      awaited.clear()
    },
  }
}
