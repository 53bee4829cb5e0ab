import * as v from 'valibot'
import type { HybridClock } from '../domain/message.ts'
import type { ContactRow, Tx } from '../ports/storage.ts'
import { PushRegistrationSchema, PushSubscriptionSchema } from '../../protocol/relay-api.ts'
import { notificationKeyFor } from '../../protocol/notification-key.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { compareClock } from '../../protocol/clock.ts'
import { fromBase64Url, toBase64Url } from '../../lib/bytes.ts'

const StateSchema = v.object({
  on: v.boolean(),
  previews: v.boolean(),
  /** 32 bytes, base64url: what notification keys are made of. */
  root: v.string(),
  vapid: PushRegistrationSchema.entries.vapid,
  /** null until the page has subscribed, and again when that came to an end. */
  subscription: v.nullable(PushSubscriptionSchema),
  /** Endpoint of the one that ended last: the page may bring it once more before it hears of that. */
  ended: v.optional(v.nullable(v.string()), null),
  /** Tokens of the relays that were told of a subscription. */
  tokens: v.record(v.string(), v.string()),
  /** Relays that have the present subscription. */
  told: v.array(v.string()),
  /** Relays that push nothing to it: they know no push, or not to such an address. */
  refused: v.optional(v.array(v.string()), []),
})
/** This device's notifications. */
export type NotificationState = v.InferOutput<typeof StateSchema>

/** What relays have said of the present subscription, when there is another or none: nothing. */
export const UNTOLD: Pick<NotificationState, 'told' | 'refused'> = { told: [], refused: [] }

/** Setting: the state, of this device alone. */
const NOTIFICATIONS = 'notifications'
/** Setting: notification keys that contacts gave us, each under its account. */
export const CONTACT_NOTIFICATION_KEY = 'notification-key:'

/** What is said to a relay about this device's subscription is said one after another. */
export const pushQueue = (origin: string): string => `push:${origin}`

/** Undefined until the person has turned them on once. */
export const notificationState = (tx: Tx): NotificationState | undefined => {
  const stored = v.safeParse(StateSchema, JSON.parse(tx.settings.get(NOTIFICATIONS) ?? 'null'))
  return stored.success ? stored.output : undefined
}

export const putNotificationState = (tx: Tx, state: NotificationState): void =>
  tx.settings.put(NOTIFICATIONS, JSON.stringify(state))

/** The notification key that a contact is given; undefined while previews are off. */
export const ourNotificationKey = (tx: Tx, contact: AccountId): Uint8Array | undefined => {
  const state = notificationState(tx)
  const root = state?.on && state.previews ? fromBase64Url(state.root) : undefined
  return root && notificationKeyFor(root, contact)
}

/** Changes what keys are made of: those given before open nothing more. Contacts have to be told. */
export const rotateNotificationRoot = (tx: Tx, root: Uint8Array): void => {
  const state = notificationState(tx)
  if (state) putNotificationState(tx, { ...state, root: toBase64Url(root) })
}

/** Puts another VAPID pair in place: a relay that had the old one can push no more, once the page has subscribed anew. */
export const changeVapid = (tx: Tx, vapid: NotificationState['vapid']): void => {
  const state = notificationState(tx)
  if (state) putNotificationState(tx, { ...state, vapid, subscription: null, ...UNTOLD })
}

/** The key that opens nothing and seals previews for a contact; undefined when they want none. */
export const theirNotificationKey = (tx: Tx, contact: AccountId): Uint8Array | undefined => {
  const stored = tx.settings.get(CONTACT_NOTIFICATION_KEY + contact)
  return stored ? fromBase64Url(stored) : undefined
}

/** Keeps what a contact told at `clock`, unless something newer is known; none is told when they want no previews. */
export const keepTheirKey = (
  tx: Tx,
  contact: ContactRow,
  clock: HybridClock,
  key: Uint8Array | undefined
): void => {
  if (compareClock(clock, contact.profileClock) <= 0) return
  const value = key ? toBase64Url(key) : ''
  if ((tx.settings.get(CONTACT_NOTIFICATION_KEY + contact.account) ?? '') !== value)
    tx.settings.put(CONTACT_NOTIFICATION_KEY + contact.account, value)
}
