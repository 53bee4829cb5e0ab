import { v7 as uuid7 } from 'uuid'
import type { Clock } from '../ports/platform.ts'
import type { ConversationRow, Tx } from '../ports/storage.ts'
import type { HybridClock, Message, NoticeKind, VanishNotice } from '../domain/message.ts'
import { ownOf } from '../context.ts'
import { conversationWith, type AccountId, type ConversationId, type MessageId } from '../../protocol/ids.ts'
import { compareClock, tick } from '../../protocol/clock.ts'
import { LIMITS } from '../../protocol/limits.ts'

/** A fresh message id: UUIDv7 as 32 hex digits. */
export const newMessageId = (): MessageId => uuid7().replaceAll('-', '') as MessageId

/** Advances the clock for something written here and now. */
export const nextClock = (tx: Tx, now: number): HybridClock => {
  const clock = tick(now, tx.clock.get())
  tx.clock.put(clock)
  return clock
}

/** Advances the clock to the time of something that was prepared before its transaction; never back. */
export const keepClock = (tx: Tx, clock: HybridClock): void => {
  if (compareClock(clock, tx.clock.get()) > 0) tx.clock.put(clock)
}

/**
 * When the time of a message begins that is to vanish: now, by this device's clock. Where that was set back, by the last moment known: set right again,
 * it would end the time at once.
 */
export const vanishingFrom = (tx: Tx, now: number): number =>
  Math.max(now, tx.clock.get().physical - LIMITS.clockSkew)

const EMPTY = { draft: '', unread: 0, activeAt: 0 } as const

/** The conversation's row, made if it is new. */
export const conversationRow = (tx: Tx, id: ConversationId): ConversationRow =>
  tx.conversations.get(id) ?? { id, ...EMPTY }

/** Puts a message into its conversation; false when it was there already. */
export const insertMessage = (tx: Tx, message: Message): boolean => {
  if (tx.messages.get(message)) return false
  const row = conversationRow(tx, message.conversation)
  // First the conversation, to which the message belongs.
  tx.conversations.put({ ...row, activeAt: Math.max(row.activeAt, message.at) })
  const isNew = tx.messages.insert(message)
  const edit = message.kind === 'text' ? tx.messages.takeEdit(message) : undefined
  if (edit) tx.messages.edit(message, edit)
  return isNew
}

/**
 * A line of the app's own in the conversation with `account`: at the first of `places` that fits, else last. Where what it tells of happened is known by
 * the other side's clock, which may be wrong, or lie: in the future, or before something that the person has seen, the line would not be noticed.
 */
export const addNotice = (
  tx: Tx,
  { clock }: { readonly clock: Clock },
  account: AccountId,
  notice: NoticeKind | VanishNotice,
  ...places: readonly HybridClock[]
): void => {
  const own = ownOf(tx)
  const conversation = conversationWith(account)
  const last = nextClock(tx, clock.now())
  const seen = tx.messages.lastSeen(conversation)
  const place = places.find((one) => compareClock(one, last) < 0 && (!seen || compareClock(seen, one) < 0))
  insertMessage(tx, {
    conversation,
    author: own.account,
    id: newMessageId(),
    clock: place ?? last,
    kind: 'notice',
    text: notice,
    state: 'received',
    failReason: null,
    at: clock.now(),
    own: true,
  })
}
