import { ownOf } from '../context.ts'
import type { HybridClock } from '../domain/message.ts'
import { post } from './compose.ts'
import { keepTheirKey, ourNotificationKey } from './notification-state.ts'
import { waitingControls } from './waiting-controls.ts'
import type { ContactRow, OwnAccount, Tx } from '../ports/storage.ts'
import { compareClock } from '../../protocol/clock.ts'
import type { ContentBody } from '../../protocol/content.ts'
import type { AccountId } from '../../protocol/ids.ts'

/** What somebody else said of themselves: always whole, so that the newest one is all there is to know. */
export interface Told {
  readonly name: string
  readonly deliveryKey?: Uint8Array
  readonly profileKey?: Uint8Array
  readonly notificationKey?: Uint8Array
}

/** Keeps what a contact told at `clock`, unless something newer is known: contents arrive in any order. Answers the contact as it is then. */
export const takeProfile = (tx: Tx, row: ContactRow, clock: HybridClock, told: Told): ContactRow => {
  const next = withProfile(row, clock, told)
  keepTheirKey(tx, row, clock, told.notificationKey)
  tx.contacts.put(next)
  return next
}

const withProfile = (row: ContactRow, clock: HybridClock, told: Told): ContactRow =>
  compareClock(clock, row.profileClock) <= 0
    ? row
    : {
        ...row,
        name: told.name,
        deliveryKey: told.deliveryKey ?? row.deliveryKey,
        profileKey: told.profileKey ?? row.profileKey,
        profileClock: clock,
      }

/** The hello to somebody whose invite we hold. */
export const requestBody = (own: OwnAccount): ContentBody => ({
  kind: 'contactRequest',
  name: own.name,
  deviceListChain: own.listChain,
  deliveryKey: own.deliveryKey,
})

/** What an accepted contact gets of us. */
export const acceptBody = (tx: Tx, account: AccountId): ContentBody => {
  const own = ownOf(tx)
  return {
    kind: 'contactAccept',
    name: own.name,
    deviceListChain: own.listChain,
    deliveryKey: own.deliveryKey,
    profileKey: own.profileKey,
    ...notificationKeyPart(tx, account),
  }
}

const notificationKeyPart = (tx: Tx, account: AccountId): { readonly notificationKey?: Uint8Array } => {
  const notificationKey = ourNotificationKey(tx, account)
  return notificationKey ? { notificationKey } : {}
}

const profileBody = (tx: Tx, account: AccountId): ContentBody => {
  const { name, deliveryKey, profileKey } = ownOf(tx)
  return { kind: 'profile', name, deliveryKey, profileKey, ...notificationKeyPart(tx, account) }
}

/** Tells all contacts our device list: what they know of it is older. */
export const tellList = (tx: Tx, now: number): void => {
  const { listChain } = ownOf(tx)
  for (const contact of tx.contacts.list()) {
    if (contact.state !== 'accepted') continue
    dropJobs(tx, contact.account, 'listUpdate')
    post(tx, now, contact.account, 'control', { kind: 'listUpdate', deviceListChain: listChain })
  }
}

/** Takes back what waits for an account and is of this kind: it was answered, or something newer says it better. */
export const dropJobs = (tx: Tx, account: AccountId, kind: ContentBody['kind']): void => {
  for (const { seq } of waitingControls(tx, account, (body) => body.kind === kind)) tx.outbox.remove(seq)
}

/** Tells a contact our name and the keys that open our mailbox and endpoints. */
export const sendProfile = (tx: Tx, now: number, account: AccountId): void => {
  dropJobs(tx, account, 'profile')
  post(tx, now, account, 'control', profileBody(tx, account))
}

/** Tells everybody who has something of us what it is now: contacts our profile, those who have not answered yet a new hello. */
export const tellEverybody = (tx: Tx, now: number, but?: AccountId): void => {
  for (const contact of tx.contacts.list()) {
    if (contact.account === but) continue
    if (contact.state === 'accepted') sendProfile(tx, now, contact.account)
    if (contact.state === 'invited') {
      dropJobs(tx, contact.account, 'contactRequest')
      post(tx, now, contact.account, 'control', requestBody(ownOf(tx)))
    }
  }
}
