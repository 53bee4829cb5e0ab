import { compareMessages, MOST_MESSAGES, type Message } from '../domain/message.ts'
import type { ChangeSet, MessageKey, MessagePlace, Store } from '../ports/storage.ts'
import type { MessageRange, MessageWindow } from '../api.ts'
import type { MessageId } from '../../protocol/ids.ts'

/** Messages of a conversation, kept in memory and mended message by message. */
export interface LiveMessages {
  /** The same object as long as nothing in it changed; messages that did not change are the same objects too. */
  read(): MessageWindow
  /** Notes what changed; false when nothing of it is in the window. */
  changed(change: ChangeSet): boolean
}

/** The messages between which the window lies; those beyond stay outside, also when these two are gone. */
interface Bounds {
  /** Its first message when it was loaded, if older ones lie before. */
  readonly first: Message | undefined
  /** Its last message when it was loaded, if newer ones lie after. */
  readonly last: Message | undefined
}

/**
 * A window that from its loading on keeps its first message, and its last one unless that was the newest: what comes in makes it longer, so
 * that nobody's place moves. What such a change costs does not depend on how many messages there are.
 */
export const createMessageWindow = (
  store: Pick<Store, 'read'>,
  { conversation, limit, around }: MessageRange
): LiveMessages => {
  const wanted = within(1, limit)
  const wantedAfter = within(0, around?.after ?? 0)
  let window: MessageWindow | undefined
  let bounds: Bounds = { first: undefined, last: undefined }
  let stale: MessageKey[] = []
  /** It stays where it was when the conversation was opened. */
  let firstUnread: MessageId | null | undefined

  const load = (): MessageWindow =>
    store.read((tx) => {
      const anchor = around && tx.messages.named(conversation, around.message)
      const found = anchor
        ? tx.messages.upTo(anchor, wanted + 1)
        : tx.messages.newest({ conversation, limit: wanted + 1 })
      const beyond = anchor ? tx.messages.after(anchor, wantedAfter + 1) : []
      const older = found.length > wanted
      const newer = beyond.length > wantedAfter
      const messages = [...(older ? found.slice(1) : found), ...beyond.slice(0, wantedAfter)]
      bounds = { first: older ? messages[0] : undefined, last: newer ? messages.at(-1) : undefined }
      if (firstUnread === undefined) firstUnread = tx.messages.firstUnread(conversation) ?? null
      return {
        messages,
        older,
        from: (older && placeOf(messages[0])) || null,
        newer,
        around: anchor?.id ?? null,
        firstUnread,
      }
    })

  const mend = (before: MessageWindow): MessageWindow => {
    const messages = [...before.messages]
    const isChanged = store.read((tx) =>
      stale.map((key) => replace(messages, key, tx.messages.get(key), bounds)).includes(true)
    )
    return isChanged ? { ...before, messages } : before
  }

  return {
    read: () => {
      window = window && window.messages.length <= 2 * MOST_MESSAGES ? mend(window) : load()
      stale = []
      return window
    },
    changed: (change) => {
      if (change.tables.has('history') || change.cleared.has(conversation)) {
        window = undefined
        return true
      }
      const ours = change.messages.filter((key) => key.conversation === conversation)
      stale.push(...ours)
      return ours.length > 0
    },
  }
}

const placeOf = (message: Message | undefined): MessagePlace | undefined =>
  message && {
    conversation: message.conversation,
    clock: message.clock,
    author: message.author,
    id: message.id,
  }

const within = (least: number, count: number): number =>
  Math.max(least, Math.min(Math.trunc(count) || 0, MOST_MESSAGES))

/** Puts a message as it is now in its place, or takes it out where it is gone. False when that changes nothing. */
const replace = (
  messages: Message[],
  { author, id }: MessageKey,
  now: Message | undefined,
  { first, last }: Bounds
): boolean => {
  const at = messages.findLastIndex((message) => message.id === id && message.author === author)
  const before = messages[at]
  if (before && now && JSON.stringify(before) === JSON.stringify(now)) return false
  if (before && now && compareMessages(before, now) === 0) {
    messages[at] = now
    return true
  }
  if (before) messages.splice(at, 1)
  const isInside =
    now !== undefined &&
    (first === undefined || compareMessages(now, first) >= 0) &&
    (last === undefined || compareMessages(now, last) <= 0)
  if (!isInside) return before !== undefined
  const after = messages.findLastIndex((message) => compareMessages(message, now) < 0)
  messages.splice(after + 1, 0, now)
  return true
}
