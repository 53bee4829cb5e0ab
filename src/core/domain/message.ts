import { compareClock, type HybridClock } from '../../protocol/clock.ts'
import type { AccountId, ConversationId, MessageId } from '../../protocol/ids.ts'

export type { HybridClock } from '../../protocol/clock.ts'

/** A sent message only ever moves to the right; `failed` is left by a retry. A received one is `received`. */
export type SendState = 'pending' | 'sent' | 'delivered' | 'read'
export type MessageState = SendState | 'failed' | 'received'
export type FailReason = 'needs-review' | 'blocked' | 'no-session' | 'expired' | 'refused'

/**
 * `gap`: something arrived that could not be decrypted; it is replaced when the resent message comes. `notice`: a line of the app's own.
 * `deleted`: what stood here is gone, and does not come back when the message itself comes later or again.
 */
export type MessageKind = 'text' | 'gap' | 'notice' | 'deleted'
export type NoticeKind = 'contact-added' | 'contact-accepted' | 'device-added' | 'safety-changed'
/** Who set messages to vanish, and after how many seconds; 0: not any more. */
export type VanishNotice = `vanish-${'mine' | 'theirs'}:${number}`

/** As many messages of a conversation as can be shown, and are kept in memory, at a time. */
export const MOST_MESSAGES = 20_000

/** One row of a conversation as it is stored and shown. Sorted by (clock, author, id). */
export interface Message {
  readonly conversation: ConversationId
  readonly author: AccountId
  readonly id: MessageId
  readonly clock: HybridClock
  readonly kind: MessageKind
  /** Plain text; for a notice its NoticeKind or VanishNotice; empty for what was deleted. */
  readonly text: string
  readonly state: MessageState
  readonly failReason: FailReason | null
  /** When this device wrote or received it, ms since 1970: for day separators and times. */
  readonly at: number
  readonly own: boolean
  /** When this device wrote or received the newest edit. */
  readonly editedAt?: number
  /** So many seconds after it was sent from here, or read here, it is gone. Absent: it stays. */
  readonly vanishAfter?: number
}

/** The order of a conversation: by clock, author and id. Negative, zero or positive, as for sorting. */
export const compareMessages = (a: MessageOrder, b: MessageOrder): number =>
  compareClock(a.clock, b.clock) || compareText(a.author, b.author) || compareText(a.id, b.id)

type MessageOrder = Pick<Message, 'clock' | 'author' | 'id'>
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
