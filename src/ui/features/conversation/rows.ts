import type { MessagePlace } from '../../../client/contract.ts'
import { compareMessages, type Message } from '../../../core/domain/message.ts'
import type { MessageId } from '../../../protocol/ids.ts'
import { startOfDay } from '../../i18n/format.ts'

/** One line of the list. `first` and `last` say where a group of messages begins and ends. */
export type Row =
  | { readonly kind: 'start'; readonly key: string }
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'unread'; readonly key: string }
  | { readonly kind: 'notice'; readonly key: string; readonly message: Message }
  | {
      readonly kind: 'message'
      readonly key: string
      readonly message: Message
      readonly first: boolean
      readonly last: boolean
    }

/** Messages of one person this close together form a group, ms. */
const GROUP = 5 * 60 * 1000

const keyOf = (message: Message): string => `${message.author}/${message.id}`

const joined = (a: Message | undefined, b: Message | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.kind !== 'notice' &&
  b.kind !== 'notice' &&
  a.author === b.author &&
  Math.abs(b.at - a.at) < GROUP &&
  startOfDay(a.at) === startOfDay(b.at)

/** Lays out messages, oldest first, with day separators and the line above the first unread one. `whole`: nothing older is to come. */
export const toRows = (
  messages: readonly Message[],
  firstUnread: MessageId | null,
  whole: boolean
): readonly Row[] => {
  const rows: Row[] = whole ? [{ kind: 'start', key: 'start' }] : []
  let day: number | undefined
  messages.forEach((message, index) => {
    const today = startOfDay(message.at)
    // Order is by logical clock: a message written earlier can stand later, so a day can come twice.
    if (today !== day) rows.push({ kind: 'day', key: `day/${today}/${keyOf(message)}`, at: message.at })
    day = today
    const isUnread = message.id === firstUnread && !message.own
    if (isUnread) rows.push({ kind: 'unread', key: 'unread' })
    if (message.kind === 'notice') {
      rows.push({ kind: 'notice', key: keyOf(message), message })
      return
    }
    const next = messages[index + 1]
    rows.push({
      kind: 'message',
      key: keyOf(message),
      message,
      first: isUnread || !joined(messages[index - 1], message),
      last: !joined(message, next) || (next?.id === firstUnread && !next.own),
    })
  })
  return rows
}

/** The messages of a window, after those that stood before its beginning and are no longer in it because newer ones came. */
export const keepOlder = (
  before: readonly Message[],
  window: readonly Message[],
  from: MessagePlace | null
): readonly Message[] => {
  const older = from ? before.filter((message) => compareMessages(message, from) < 0) : []
  return older.length > 0 ? [...older, ...window] : window
}

/** If rows were added at the beginning: the rows as they are now, up to the one that was the last before. Else undefined. */
export const grownAbove = (before: readonly Row[], after: readonly Row[]): readonly Row[] | undefined => {
  const first = before.find(isStable)
  const last = before.findLast(isStable)
  if (!first || !last) return undefined
  const added =
    after.findIndex((row) => row.key === first.key) - before.findIndex((row) => row.key === first.key)
  const end = after.findLastIndex((row) => row.key === last.key)
  return added > 0 && end >= 0 ? after.slice(0, end + 1) : undefined
}

/** Rows that come and go with others around them say nothing of growth. */
const isStable = ({ kind }: Row): boolean => kind === 'message' || kind === 'notice'

/** The newest message of the other side at or above a row. */
export const lastReceived = (rows: readonly Row[], upTo: number): Message | undefined => {
  for (let index = Math.min(upTo, rows.length - 1); index >= 0; index--) {
    const row = rows[index]
    if (row?.kind === 'message' && !row.message.own) return row.message
  }
  return undefined
}

/** The moment of a row, for the day that floats above it; undefined where a separator stands between the two rows. */
export const dayAt = (rows: readonly Row[], from: number, to: number): number | undefined => {
  const row = rows[from]
  if (rows.slice(from, to + 1).some(({ kind }) => kind === 'day')) return undefined
  return row?.kind === 'message' || row?.kind === 'notice' ? row.message.at : undefined
}
