import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { ownOf } from '../context.ts'
import { toContact } from '../domain/contact.ts'
import { post } from '../jobs/compose.ts'
import { addNotice, conversationRow } from '../jobs/rows.ts'
import type { ContactRow } from '../ports/storage.ts'
import { inputError } from '../outcome.ts'
import { dropJobs, requestBody } from '../jobs/profile.ts'
import { parseInvite } from '../../protocol/invite.ts'
import { conversationWith } from '../../protocol/ids.ts'
import { ok } from '../../lib/result.ts'

type Deps = Pick<CoreContext, 'store' | 'clock' | 'outbox' | 'own'>

/** Reads a link and says what it is; nothing is sent or stored. */
export const previewInvite =
  (deps: Pick<CoreContext, 'store' | 'clock' | 'own'>): Command<'previewInvite'> =>
  async ({ link }) => {
    const parsed = parseInvite(link, deps.clock.now())
    if (!parsed.ok) return parsed
    const { account, name, relays, expiresAt } = parsed.value
    if (deps.own()?.account === account) return inputError('link-own')
    const known = deps.store.read((tx) => tx.contacts.get(account))
    return ok({ account, name, relays, expiresAt, known: known ? toContact(known) : null })
  }

/** Adds the person behind a link and says hello. Works offline: the hello waits in the outbox. */
export const addContact =
  (deps: Deps): Command<'addContact'> =>
  async ({ link }) => {
    if (!deps.own()) return inputError('no-account')
    const now = deps.clock.now()
    const parsed = parseInvite(link, now)
    if (!parsed.ok) return parsed
    const invite = parsed.value
    if (deps.own()?.account === invite.account) return inputError('link-own')
    const contact = deps.store.transaction((tx): ContactRow => {
      const before = tx.contacts.get(invite.account)
      // Someone who asked us first is answered by accepting, which the screens offer; who is a contact already stays one.
      if (before && before.state !== 'invited') return before
      const row: ContactRow = {
        account: invite.account,
        accountKey: invite.accountKey,
        name: before?.name ?? invite.name,
        state: 'invited',
        safety: before?.safety ?? 'unverified',
        relays: invite.relays,
        deliveryKey: null,
        requestKey: invite.requestKey,
        profileKey: null,
        profileClock: before?.profileClock ?? { physical: 0, logical: 0 },
        listChain: before?.listChain ?? new Uint8Array(),
        listRevision: before?.listRevision ?? 0,
        listSeenAt: before?.listSeenAt ?? 0,
        knownDevices: before?.knownDevices ?? [],
        blockedFrom: null,
        since: before?.since ?? now,
      }
      tx.contacts.put(row)
      tx.conversations.put({ ...conversationRow(tx, conversationWith(row.account)), activeAt: now })
      if (!before) addNotice(tx, deps, row.account, 'contact-added')
      dropJobs(tx, row.account, 'contactRequest')
      post(tx, now, row.account, 'control', requestBody(ownOf(tx)))
      return row
    })
    deps.outbox.kick(contact.account)
    return ok(toContact(contact))
  }
