import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { ownOf } from '../context.ts'
import { toContact, type ContactState } from '../domain/contact.ts'
import { jobsOf } from '../jobs/account-jobs.ts'
import { addTimedKey, takeDeliveryKey } from '../jobs/access-keys.ts'
import { post } from '../jobs/compose.ts'
import { failMessage } from '../jobs/outbox-rows.ts'
import { rotateNotificationRoot } from '../jobs/notification-state.ts'
import type { Receipts } from '../jobs/receipts.ts'
import { addNotice, vanishingFrom } from '../jobs/rows.ts'
import { inputError } from '../outcome.ts'
import { acceptBody, requestBody, tellEverybody } from '../jobs/profile.ts'
import type { ContactRow, Tx } from '../ports/storage.ts'
import { conversationWith, type AccountId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { toBase64Url } from '../../lib/bytes.ts'
import { ok } from '../../lib/result.ts'

type Deps = Pick<CoreContext, 'store' | 'clock' | 'random' | 'outbox' | 'paths' | 'upkeep' | 'background'> & {
  readonly receipts: Receipts
}

/** As many as a relay takes beside the present and the next key and those of invites: whoever blocks more people than this in two weeks shuts out who was away that long. */
const MOST_RETIRED = 47

const change = (tx: Tx, row: ContactRow, state: ContactState): ContactRow => {
  const blockedFrom = state !== 'blocked' ? null : row.state === 'blocked' ? row.blockedFrom : row.state
  const next = { ...row, state, blockedFrom }
  tx.contacts.put(next)
  return next
}

/** Says yes to a request: they get our keys, and receipts for what they wrote while waiting. */
export const acceptRequest =
  (deps: Deps): Command<'acceptRequest'> =>
  async ({ account }) => {
    const outcome = deps.store.transaction((tx) => {
      const row = tx.contacts.get(account)
      if (!row) return inputError('unknown-contact')
      if (row.state !== 'request' && row.state !== 'ignored') return ok(toContact(row))
      const next = change(tx, row, 'accepted')
      post(tx, deps.clock.now(), account, 'control', acceptBody(tx, account))
      addNotice(tx, deps, account, 'contact-accepted')
      return ok(toContact(next))
    })
    if (outcome.ok) {
      deps.outbox.kick(account)
      deps.receipts.due()
    }
    return outcome
  }

/** Puts a request aside; the other side learns nothing. */
export const ignoreRequest =
  (deps: Pick<Deps, 'store'>): Command<'ignoreRequest'> =>
  async ({ account }) =>
    deps.store.transaction((tx) => {
      const row = tx.contacts.get(account)
      if (!row) return inputError('unknown-contact')
      return ok(toContact(row.state === 'request' ? change(tx, row, 'ignored') : row))
    })

/** Ends all traffic both ways and changes the delivery key for everybody else; the old one ends after the mailbox's time. */
export const block =
  (deps: Deps): Command<'block'> =>
  async ({ account }) => {
    const now = deps.clock.now()
    const outcome = deps.store.transaction((tx) => {
      const row = tx.contacts.get(account)
      if (!row) return inputError('unknown-contact')
      const next = change(tx, row, 'blocked')
      for (const job of jobsOf(tx, account)) {
        if (job.kind === 'message') failMessage(tx, account, job.messageId, 'blocked')
        tx.outbox.remove(job.seq)
      }
      tx.messages.markRead(conversationWith(account), null, vanishingFrom(tx, now))
      if (row.state === 'accepted' || row.state === 'invited') rotateDeliveryKey(tx, deps, now, account)
      return ok(toContact(next))
    })
    if (outcome.ok) {
      deps.paths.drop(account)
      deps.background('upkeep-failed', deps.upkeep.run)
      deps.outbox.kickAll()
    }
    return outcome
  }

/** Takes a block back: the contact is again what they were before it, and only who was accepted or invited hears from us. */
export const unblock =
  (deps: Deps): Command<'unblock'> =>
  async ({ account }) => {
    const outcome = deps.store.transaction((tx) => {
      const row = tx.contacts.get(account)
      if (!row) return inputError('unknown-contact')
      if (row.state !== 'blocked') return ok(toContact(row))
      const next = change(tx, row, row.blockedFrom ?? 'request')
      if (next.state === 'accepted') post(tx, deps.clock.now(), account, 'control', acceptBody(tx, account))
      if (next.state === 'invited') post(tx, deps.clock.now(), account, 'control', requestBody(ownOf(tx)))
      return ok(toContact(next))
    })
    if (outcome.ok) deps.outbox.kick(account)
    return outcome
  }

const rotateDeliveryKey = (tx: Tx, deps: Pick<Deps, 'random'>, now: number, blocked: AccountId): void => {
  const own = ownOf(tx)
  const retired = { key: toBase64Url(own.deliveryKey), expiresAt: now + LIMITS.mailboxTtl }
  addTimedKey(tx, 'retired-delivery-keys', retired, now, MOST_RETIRED)
  // The profile key opens our endpoints: whoever is blocked must not see any more when and where we are.
  tx.account.put({ ...own, deliveryKey: takeDeliveryKey(tx, deps.random), profileKey: deps.random.bytes(32) })
  // So does the notification key: whoever is blocked seals nothing more that would be shown.
  rotateNotificationRoot(tx, deps.random.bytes(32))
  tellEverybody(tx, now, blocked)
}
