/** What pages and the service worker say to each other about notifications. */
import * as v from 'valibot'

const text = v.pipe(v.string(), v.maxLength(100_000))
const id = v.pipe(v.string(), v.maxLength(64))

/** From a page to the worker: a message was committed. It is shown unless somebody looks at the app, or a push has shown it. */
export const ToNotifierSchema = v.object({
  type: v.literal('show-message'),
  conversation: id,
  message: id,
  title: text,
  body: text,
})
export type ToNotifier = v.InferOutput<typeof ToNotifierSchema>

/** From the worker to a page. */
export const FromNotifierSchema = v.variant('type', [
  /** A notification was clicked; null: one without a conversation. */
  v.object({ type: v.literal('open-conversation'), conversation: v.nullable(id) }),
  /** The browser has changed its subscription. */
  v.object({ type: v.literal('subscription-changed') }),
])
export type FromNotifier = v.InferOutput<typeof FromNotifierSchema>

/** What a notification carries: tags are by conversation, so that each has one. */
export const NotificationDataSchema = v.object({ conversation: id, lines: v.array(text) })
export type NotificationData = v.InferOutput<typeof NotificationDataSchema>

/** Tag of notifications that tell nothing more than that there is something. */
export const GENERIC_TAG = 'mail'

/** Where the app shows a conversation. */
export const fragmentOf = (conversation: string | null): string =>
  conversation === null ? '#/' : `#/chat/${conversation}`
