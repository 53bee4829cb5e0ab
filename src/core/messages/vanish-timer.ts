import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { toContact } from '../domain/contact.ts'
import type { Message } from '../domain/message.ts'
import { post } from '../jobs/compose.ts'
import { dropJobs } from '../jobs/profile.ts'
import type { Handler } from '../jobs/receive.ts'
import { addNotice, nextClock } from '../jobs/rows.ts'
import { inputError } from '../outcome.ts'
import type { Tx } from '../ports/storage.ts'
import { compareClock, rightBefore, tick, type HybridClock } from '../../protocol/clock.ts'
import type { VanishTimer } from '../../protocol/content.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { ok } from '../../lib/result.ts'

const NEVER: VanishTimer = { after: 0, set: { physical: 0, logical: 0 } }

/** How long a message stays that is written under a timer. */
export const vanishAfter = (timer: Pick<VanishTimer, 'after'> | undefined): Pick<Message, 'vanishAfter'> =>
  timer && timer.after > 0 ? { vanishAfter: timer.after } : {}

/** Chooses how long new messages stay, for both sides. What was written before stays as it was. */
export const setVanishAfter =
  (deps: Pick<CoreContext, 'store' | 'clock' | 'outbox'>): Command<'setVanishAfter'> =>
  async ({ account, seconds }) => {
    if (!Number.isInteger(seconds) || seconds < 0 || seconds > LIMITS.vanishSeconds)
      return inputError('malformed')
    const outcome = deps.store.transaction((tx) => {
      const row = tx.contacts.get(account)
      if (row?.state !== 'accepted') return inputError('unknown-contact')
      const before = row.vanish ?? NEVER
      if (before.after === seconds) return ok(toContact(row))
      const now = deps.clock.now()
      const place = nextClock(tx, now)
      // After the one that is known, whatever the clock that it was chosen by.
      const set = compareClock(place, before.set) > 0 ? place : tick(now, before.set)
      const vanish = { after: seconds, set }
      tx.contacts.put({ ...row, vanish })
      dropJobs(tx, account, 'vanish')
      post(tx, now, account, 'control', { kind: 'vanish', ...vanish })
      addNotice(tx, deps, account, `vanish-mine:${seconds}`, place)
      return ok(toContact({ ...row, vanish }))
    })
    if (outcome.ok) deps.outbox.kick(account)
    return outcome
  }

/** The other side has chosen. */
export const receiveVanish =
  (deps: Pick<CoreContext, 'clock'>): Handler<'vanish'> =>
  async (from, { body: { after, set }, clock }) => {
    if (from.contact?.state !== 'accepted' || !from.listed) return 'refuse'
    return (tx) => {
      takeTimer(tx, deps, from.account, { after, set }, clock)
      return undefined
    }
  }

/**
 * Keeps what a contact has chosen, or knows to be chosen, unless something newer is known here: contents arrive in any order. The line that tells of
 * it has its place where it was chosen, so before all that was written under it and at the latest before `carrier`, the content that tells of it.
 */
export const takeTimer = (
  tx: Tx,
  deps: Pick<CoreContext, 'clock'>,
  account: AccountId,
  { after, set }: VanishTimer,
  carrier: HybridClock
): void => {
  const row = tx.contacts.get(account)
  if (row?.state !== 'accepted') return
  const before = row.vanish ?? NEVER
  // Both may choose within one millisecond: the longer one holds on both sides.
  if ((compareClock(set, before.set) || after - before.after) <= 0) return
  tx.contacts.put({ ...row, vanish: { after, set } })
  if (after === before.after) return
  const latest = rightBefore(carrier)
  const places = compareClock(set, carrier) < 0 ? [set, latest] : [latest]
  addNotice(tx, deps, account, `vanish-theirs:${after}`, ...places)
}
