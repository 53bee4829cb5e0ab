/** Schemas of every command, live query and event, by name: the one list that both sides of the bridge check with. */
import * as v from 'valibot'
import type { CommandName, Commands, EventName, Events, LiveName, LiveQueries } from '../../core/api.ts'
import { PushSubscriptionSchema } from '../../protocol/relay-api.ts'
import * as values from './values.ts'
import type { Schema } from './values.ts'

type Pair<T extends readonly [unknown, unknown]> = readonly [argument: Schema<T[0]>, answer: Schema<T[1]>]

const nothing = v.null()
const text = v.string()
const account = v.object({ account: values.accountId })
const limit = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000))
const link = v.object({ link: text })

export const COMMANDS: { readonly [N in CommandName]: Pair<Commands[N]> } = {
  me: [nothing, v.nullable(values.me)],
  createAccount: [v.object({ name: text }), values.me],
  rename: [v.object({ name: text }), values.me],
  recoveryWords: [nothing, v.array(text)],
  addRelay: [v.object({ address: v.pipe(text, v.maxLength(1_000)) }), values.me],
  removeRelay: [v.object({ origin: text }), values.me],
  inviteLink: [v.object({ renew: v.boolean() }), v.object({ link: text, expiresAt: v.number() })],
  previewInvite: [link, values.invitePreview],
  contacts: [nothing, v.array(values.contact)],
  addContact: [link, values.contact],
  acceptRequest: [account, values.contact],
  ignoreRequest: [account, values.contact],
  block: [account, values.contact],
  unblock: [account, values.contact],
  sendMessage: [
    v.object({ conversation: values.conversationId, id: values.messageId, text }),
    values.message,
  ],
  editMessage: [
    v.object({ conversation: values.conversationId, id: values.messageId, text }),
    values.message,
  ],
  deleteMessage: [
    v.object({ conversation: values.conversationId, author: values.accountId, id: values.messageId }),
    nothing,
  ],
  setVanishAfter: [v.object({ account: values.accountId, seconds: v.number() }), values.contact],
  clearMessages: [v.object({ conversation: values.conversationId }), nothing],
  retryMessage: [v.object({ conversation: values.conversationId, id: values.messageId }), values.message],
  markRead: [v.object({ conversation: values.conversationId, upTo: values.messageId }), nothing],
  messagePage: [
    v.object({ conversation: values.conversationId, after: v.nullable(values.messagePlace), limit }),
    v.object({ messages: v.array(values.message), next: v.nullable(values.messagePlace) }),
  ],
  saveDraft: [v.object({ conversation: values.conversationId, text }), nothing],
  safety: [account, values.safety],
  markVerified: [v.object({ account: values.accountId, verified: v.boolean() }), values.contact],
  confirmSafety: [account, values.contact],
  search: [
    v.object({ query: text, scope: values.searchScope, after: v.nullable(values.searchPlace), limit }),
    values.searchResults,
  ],
  backupPiece: [
    v.object({ id: text, passphrase: v.nullable(text), index: limit, look: values.look }),
    v.object({ bytes: v.instance(Uint8Array), done: v.boolean() }),
  ],
  restorePiece: [
    v.object({ id: text, passphrase: text, index: limit, bytes: v.nullable(v.instance(Uint8Array)) }),
    v.object({ me: v.nullable(values.me), look: values.look }),
  ],
  renewDevice: [nothing, nothing],
  acknowledgeDevice: [nothing, nothing],
  storage: [nothing, values.storageState],
  setReadReceipts: [v.object({ on: v.boolean() }), nothing],
  settings: [nothing, v.object({ readReceipts: v.boolean() })],
  setNotifications: [v.object({ on: v.boolean(), previews: v.boolean() }), nothing],
  setPushSubscription: [v.nullable(PushSubscriptionSchema), nothing],
  endPush: [nothing, nothing],
  wake: [nothing, nothing],
}

export const LIVE_QUERIES: { readonly [N in LiveName]: Pair<LiveQueries[N]> } = {
  me: [nothing, v.nullable(values.me)],
  conversations: [nothing, v.array(values.conversation)],
  messages: [
    v.object({
      conversation: values.conversationId,
      limit,
      around: v.exactOptional(v.object({ message: values.messageId, after: limit })),
    }),
    values.messageWindow,
  ],
  contact: [account, v.nullable(values.contact)],
  path: [v.object({ conversation: values.conversationId }), values.pathInfo],
  connection: [nothing, values.connectionState],
  notifications: [nothing, values.notificationSettings],
}

export const EVENTS: { readonly [N in EventName]: Schema<Events[N]> } = {
  messageReceived: v.object({ message: values.message, contact: values.contact }),
  contactRequest: v.object({ contact: values.contact }),
  messagesErased: nothing,
  storageLevel: v.object({ level: values.storageLevel }),
}

const knows =
  <T extends object>(table: T) =>
  (name: string): name is keyof T & string =>
    Object.hasOwn(table, name)

export const isCommand = knows(COMMANDS)
export const isLiveQuery = knows(LIVE_QUERIES)
export const isEvent = knows(EVENTS)
