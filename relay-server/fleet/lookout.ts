import type { MailboxHub } from '../mailbox/hub.ts'

/**
 * Where other relays may store mail for devices connected here, these look by themselves now and then: seldom while word of it comes, often
 * while it does not. Returns what stops it.
 */
export const startLookout = (
  hub: Pick<MailboxHub, 'wakeAll' | 'healthy'>,
  { lookEvery, lookOftenEvery }: { readonly lookEvery: number; readonly lookOftenEvery: number }
): (() => void) => {
  let since = 0
  const timer = setInterval(() => {
    since += lookOftenEvery
    if (hub.healthy() && since < lookEvery) return
    since = 0
    hub.wakeAll()
  }, lookOftenEvery)
  timer.unref()
  return () => clearInterval(timer)
}
