import type { CoreContext } from '../context.ts'
import type { Emitter } from '../emitter.ts'
import type { Events } from '../api.ts'
import { toContact } from '../domain/contact.ts'
import { post } from '../jobs/compose.ts'
import type { Sender } from '../jobs/incoming.ts'
import type { Handler } from '../jobs/receive.ts'
import { addNotice, conversationRow } from '../jobs/rows.ts'
import type { ContactRow } from '../ports/storage.ts'
import type { VerifiedList } from '../ports/crypto.ts'
import { conversationWith } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { acceptBody, dropJobs, sendProfile, takeProfile } from '../jobs/profile.ts'

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

/** Somebody of whom nothing is known but who they are. */
const stranger = ({ account, accountKey }: Sender, now: number): ContactRow => ({
  account,
  accountKey,
  name: '',
  state: 'request',
  safety: 'unverified',
  relays: [],
  deliveryKey: null,
  requestKey: null,
  profileKey: null,
  profileClock: { physical: 0, logical: 0 },
  listChain: new Uint8Array(),
  listRevision: 0,
  listSeenAt: now,
  knownDevices: [],
  blockedFrom: null,
  since: now,
})

const openRequests = ({ store }: Pick<Deps, 'store'>): number =>
  store.read((tx) => tx.contacts.list()).filter(({ state }) => state === 'request').length

const listOf = (list: VerifiedList) => ({
  relays: list.relays,
  listChain: list.chain,
  listRevision: list.revision,
  knownDevices: list.devices.map((device) => device.id),
})

/**
 * A hello by an invite of ours. From a stranger it becomes a request; from somebody we invited ourselves meanwhile, both have said yes.
 */
export const receiveContactRequest =
  (deps: Deps): Handler<'contactRequest'> =>
  async (from, content) => {
    const list = await ownListOf(deps, from, content.body.deviceListChain)
    if (!list || !from.request) return 'refuse'
    if (!from.contact && openRequests(deps) >= LIMITS.openRequests) return 'refuse'
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
      const known = before ?? stranger(from, now)
      const listed = known.listChain.length > 0 ? known : { ...known, ...listOf(list) }
      const row = takeProfile(
        tx,
        { ...listed, state: both ? 'accepted' : known.state, requestKey: null, listSeenAt: now },
        content.clock,
        content.body
      )
      tx.conversations.put({ ...conversationRow(tx, conversationWith(row.account)), activeAt: now })
      if (both) {
        dropJobs(tx, row.account, 'contactRequest')
        post(tx, now, row.account, 'control', acceptBody(tx, row.account))
        if (before.state === 'invited') addNotice(tx, deps, row.account, 'contact-accepted', content.clock)
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
      const accepted = { ...row, requestKey: null, state: 'accepted' } as const
      takeProfile(tx, accepted, content.clock, content.body)
      dropJobs(tx, row.account, 'contactRequest')
      if (row.state === 'invited') {
        // Before what they wrote since, which may have come at once with it.
        addNotice(tx, deps, row.account, 'contact-accepted', content.clock)
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
      if (row) takeProfile(tx, row, content.clock, content.body)
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
