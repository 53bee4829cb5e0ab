import type { Message } from '../domain/message.ts'
import type { ChangeSet, MessageKey, Store } from '../ports/storage.ts'
import type { MessageWindow } from '../api.ts'
import { compareClock } from '../../protocol/clock.ts'
import type { ConversationId, MessageId } from '../../protocol/ids.ts'

/** The newest messages of a conversation, kept in memory and mended message by message. */
export interface LiveMessages {
  /** The same object as long as nothing in it changed; messages that did not change are the same objects too. */
  read(): MessageWindow
  /** Notes what changed; false when nothing of it is in the window. */
  changed(change: ChangeSet): boolean
}

const MOST = 20_000

/**
 * A window that begins with the newest `limit` and from then on keeps its first message: what comes in makes it longer, so that nobody's
 * place moves. What such a change costs does not depend on how many messages there are.
 */
export const createMessageWindow = (
  store: Pick<Store, 'read'>,
  conversation: ConversationId,
  limit: number
): LiveMessages => {
  const wanted = Math.max(1, Math.min(Math.trunc(limit) || 1, MOST))
  let window: MessageWindow | undefined
  /** Its first message when it was loaded, if older ones lie before: those stay outside, also when that one is gone. */
  let bound: Message | undefined
  let stale: MessageKey[] = []
  /** It stays where it was when the conversation was opened. */
  let firstUnread: MessageId | null | undefined

  const load = (): MessageWindow =>
    store.read((tx) => {
      const rows = tx.messages.newest({ conversation, limit: wanted + 1 })
      const older = rows.length > wanted
      bound = older ? rows[1] : undefined
      if (firstUnread === undefined) firstUnread = tx.messages.firstUnread(conversation) ?? null
      return { messages: older ? rows.slice(1) : rows, older, firstUnread }
    })

  const mend = (before: MessageWindow): MessageWindow => {
    const messages = [...before.messages]
    const isChanged = store.read((tx) =>
      stale.map((key) => replace(messages, key, tx.messages.get(key), bound)).includes(true)
    )
    return isChanged ? { ...before, messages } : before
  }

  return {
    read: () => {
      window = window && window.messages.length <= MOST ? mend(window) : load()
      stale = []
      return window
    },
    changed: (change) => {
      if (change.tables.has('history')) {
        window = undefined
        return true
      }
      const ours = change.messages.filter((key) => key.conversation === conversation)
      stale.push(...ours)
      return ours.length > 0
    },
  }
}

/** Puts a message as it is now in its place, or takes it out where it is gone. False when that changes nothing. */
const replace = (
  messages: Message[],
  { author, id }: MessageKey,
  now: Message | undefined,
  bound: Message | undefined
): boolean => {
  const at = messages.findLastIndex((message) => message.id === id && message.author === author)
  const before = messages[at]
  if (before && now && JSON.stringify(before) === JSON.stringify(now)) return false
  if (before && now && compareMessages(before, now) === 0) {
    messages[at] = now
    return true
  }
  if (before) messages.splice(at, 1)
  if (!now) return before !== undefined
  if (bound && compareMessages(now, bound) < 0) return before !== undefined
  const after = messages.findLastIndex((message) => compareMessages(message, now) < 0)
  messages.splice(after + 1, 0, now)
  return true
}

/** The order of a conversation: by clock, author and id. */
const compareMessages = (a: Message, b: Message): number =>
  compareClock(a.clock, b.clock) || compareText(a.author, b.author) || compareText(a.id, b.id)

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
