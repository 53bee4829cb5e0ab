import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { ownOf } from '../context.ts'
import { toContact, type ContactState } from '../domain/contact.ts'
import { addTimedKey } from '../jobs/access-keys.ts'
import { post } from '../jobs/compose.ts'
import { failMessage } from '../jobs/outbox-rows.ts'
import type { Receipts } from '../jobs/receipts.ts'
import { addNotice } from '../jobs/rows.ts'
import { inputError } from '../outcome.ts'
import type { ContactRow, OwnAccount, Tx } from '../ports/storage.ts'
import { parseContent, type ContentBody } from '../../protocol/content.ts'
import { conversationWith, type AccountId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { toBase64Url } from '../../lib/bytes.ts'
import { ok } from '../../lib/result.ts'

type Deps = Pick<CoreContext, 'store' | 'clock' | 'random' | 'outbox' | 'paths' | 'upkeep'> & {
  readonly receipts: Receipts
}

/** What an accepted contact gets of us. */
export const acceptBody = (own: OwnAccount): ContentBody => ({
  kind: 'contactAccept',
  name: own.name,
  deviceListChain: own.listChain,
  deliveryKey: own.deliveryKey,
  profileKey: own.profileKey,
})

const jobsOf = (tx: Tx, account: AccountId) => tx.outbox.ofAccount(account, 1_000)

/** A hello that was answered need not be repeated. */
export const dropRequestJobs = (tx: Tx, account: AccountId): void => {
  for (const job of jobsOf(tx, account)) {
    const content = job.kind === 'control' ? parseContent(job.content) : undefined
    if (content?.ok && content.value.body.kind === 'contactRequest') tx.outbox.remove(job.seq)
  }
}

const change = (tx: Tx, row: ContactRow, state: ContactState): ContactRow => {
  const next = { ...row, state }
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
      const own = ownOf(tx)
      post(tx, deps.clock.now(), account, 'control', acceptBody(own))
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
      const conversation = tx.conversations.get(conversationWith(account))
      if (conversation) tx.conversations.put({ ...conversation, unread: 0 })
      if (row.state === 'accepted' || row.state === 'invited') rotateDeliveryKey(tx, deps, now, account)
      return ok(toContact(next))
    })
    if (outcome.ok) {
      deps.paths.drop(account)
      void deps.upkeep.run()
      deps.outbox.kickAll()
    }
    return outcome
  }

/** Talks to a blocked contact again; they get the present keys. */
export const unblock =
  (deps: Deps): Command<'unblock'> =>
  async ({ account }) => {
    const outcome = deps.store.transaction((tx) => {
      const row = tx.contacts.get(account)
      if (!row) return inputError('unknown-contact')
      if (row.state !== 'blocked') return ok(toContact(row))
      const next = change(tx, row, 'accepted')
      post(tx, deps.clock.now(), account, 'control', acceptBody(ownOf(tx)))
      return ok(toContact(next))
    })
    if (outcome.ok) deps.outbox.kick(account)
    return outcome
  }

const rotateDeliveryKey = (tx: Tx, deps: Pick<Deps, 'random'>, now: number, blocked: AccountId): void => {
  const own = ownOf(tx)
  const retired = { key: toBase64Url(own.deliveryKey), expiresAt: now + LIMITS.mailboxTtl }
  addTimedKey(tx, 'retired-delivery-keys', retired, now, 16)
  // The profile key opens our endpoints: whoever is blocked must not see any more when and where we are.
  const next = { ...own, deliveryKey: deps.random.bytes(32), profileKey: deps.random.bytes(32) }
  tx.account.put(next)
  for (const contact of tx.contacts.list()) {
    if (contact.account === blocked || contact.state !== 'accepted') continue
    post(tx, now, contact.account, 'control', {
      kind: 'profile',
      name: next.name,
      deliveryKey: next.deliveryKey,
      profileKey: next.profileKey,
    })
  }
}
