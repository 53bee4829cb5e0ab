import type { CoreContext } from '../context.ts'
import { ownOf } from '../context.ts'
import type { Emitter } from '../emitter.ts'
import type { Events } from '../api.ts'
import { toContact } from '../domain/contact.ts'
import { post } from '../jobs/compose.ts'
import type { Handler, Sender } from '../jobs/receive.ts'
import { addNotice, conversationRow } from '../jobs/rows.ts'
import type { ContactRow, Tx } from '../ports/storage.ts'
import type { VerifiedList } from '../ports/crypto.ts'
import { conversationWith } from '../../protocol/ids.ts'
import { acceptBody, dropRequestJobs } from './answer.ts'

type Deps = Pick<CoreContext, 'store' | 'crypto' | 'clock' | 'lists' | 'outbox' | 'paths'> & {
  readonly events: Emitter<Events>
}

/** The list that came with a hello, if it is the sender's and names the very device that wrote. */
const ownListOf = async (deps: Deps, from: Sender, chain: Uint8Array): Promise<VerifiedList | undefined> => {
  const list = await deps.crypto.verifyList(chain)
  if (!list.ok || list.value.account !== from.account) return undefined
  const named = list.value.devices.some((d) => d.id === from.device && d.identityKey === from.identityKey)
  return named ? list.value : undefined
}

/**
 * A hello by an invite of ours. From a stranger it becomes a request; from somebody we invited ourselves meanwhile, both have said yes.
 */
export const receiveContactRequest =
  (deps: Deps): Handler<'contactRequest'> =>
  async (from, content) => {
    const list = await ownListOf(deps, from, content.body.deviceListChain)
    if (!list || !from.request) return 'refuse'
    if (from.contact && from.contact.listChain.length > 0) {
      await deps.lists.offer(from.account, content.body.deviceListChain)
      // The newest list known decides: a device that was removed since may still show an older one.
      const known = deps.store.read((tx) => tx.contacts.get(from.account))
      const devices = known ? await deps.lists.devicesOf(known) : []
      if (!devices.some((d) => d.id === from.device && d.identityKey === from.identityKey)) return 'refuse'
    }
    return (tx) => {
      const now = deps.clock.now()
      const before = tx.contacts.get(from.account)
      const both = before?.state === 'invited' || before?.state === 'accepted'
      const row: ContactRow = {
        account: from.account,
        accountKey: from.accountKey,
        name: both ? before.name : content.body.name,
        state: both ? 'accepted' : (before?.state ?? 'request'),
        safety: before?.safety ?? 'unverified',
        relays: before && before.listChain.length > 0 ? before.relays : list.relays,
        deliveryKey: content.body.deliveryKey,
        requestKey: null,
        profileKey: before?.profileKey ?? null,
        listChain: before && before.listChain.length > 0 ? before.listChain : list.chain,
        listRevision: before && before.listChain.length > 0 ? before.listRevision : list.revision,
        listSeenAt: now,
        knownDevices:
          before && before.knownDevices.length > 0
            ? before.knownDevices
            : list.devices.map((device) => device.id),
        since: before?.since ?? now,
      }
      tx.contacts.put(row)
      tx.conversations.put({ ...conversationRow(tx, conversationWith(row.account)), activeAt: now })
      if (both) {
        dropRequestJobs(tx, row.account)
        post(tx, now, row.account, 'control', acceptBody(ownOf(tx)))
        if (before.state === 'invited') addNotice(tx, deps, row.account, 'contact-accepted')
        return () => deps.outbox.kick(row.account)
      }
      return before ? undefined : () => deps.events.emit('contactRequest', { contact: toContact(row) })
    }
  }

/** They said yes: from here on both are contacts, and we answer with what an accepted contact may have of us. */
export const receiveContactAccept =
  (deps: Deps): Handler<'contactAccept'> =>
  async (from, content) => {
    if (from.contact?.state !== 'invited' && from.contact?.state !== 'accepted') return 'refuse'
    if (!from.listed) return 'refuse'
    await deps.lists.offer(from.account, content.body.deviceListChain)
    return (tx) => {
      const row = tx.contacts.get(from.account)
      // Blocked while this was being read: that stands.
      if (row?.state !== 'invited' && row?.state !== 'accepted') return undefined
      const now = deps.clock.now()
      const { name, deliveryKey, profileKey } = content.body
      tx.contacts.put({ ...row, name, deliveryKey, profileKey, requestKey: null, state: 'accepted' })
      dropRequestJobs(tx, row.account)
      if (row.state === 'invited') {
        addNotice(tx, deps, row.account, 'contact-accepted')
        sendProfile(tx, now, row.account)
      }
      return () => {
        deps.outbox.kick(row.account)
        deps.paths.want(row.account)
      }
    }
  }

/** Name and keys of a contact, new or changed. */
export const receiveProfile =
  (deps: Deps): Handler<'profile'> =>
  async (from, content) => {
    if (from.contact?.state !== 'accepted' || !from.listed) return 'refuse'
    return (tx) => {
      const row = tx.contacts.get(from.account)
      const { name, deliveryKey, profileKey } = content.body
      if (row) {
        tx.contacts.put({
          ...row,
          name,
          deliveryKey: deliveryKey ?? row.deliveryKey,
          profileKey: profileKey ?? row.profileKey,
        })
      }
      return () => deps.paths.want(from.account)
    }
  }

/** A newer device list, told by its owner. */
export const receiveListUpdate =
  (deps: Deps): Handler<'listUpdate'> =>
  async (from, content) => {
    if (!from.contact || !from.listed) return 'refuse'
    await deps.lists.offer(from.account, content.body.deviceListChain)
    return () => undefined
  }

/** Tells a contact our name and the keys that open our mailbox and endpoints. */
export const sendProfile = (tx: Tx, now: number, account: ContactRow['account']): void => {
  const own = ownOf(tx)
  post(tx, now, account, 'control', {
    kind: 'profile',
    name: own.name,
    deliveryKey: own.deliveryKey,
    profileKey: own.profileKey,
  })
}
