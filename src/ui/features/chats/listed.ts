import type { Conversation } from '../../../core/domain/conversation.ts'
import { foldOf } from '../../../lib/fold.ts'

/** Conversations that stand in the chat list: not requests, and not people who were put aside or blocked. */
export const listed = (all: readonly Conversation[]): readonly Conversation[] =>
  all
    .filter(({ contact }) => contact.state === 'accepted' || contact.state === 'invited')
    .sort((a, b) => b.activeAt - a.activeAt)

/** Requests that wait for an answer. */
export const requested = (all: readonly Conversation[]): readonly Conversation[] =>
  all.filter(({ contact }) => contact.state === 'request')

/** Unread messages in the list, and one for each open request. */
export const unreadOf = (all: readonly Conversation[]): number =>
  listed(all).reduce((sum, conversation) => sum + conversation.unread, 0) + requested(all).length

/** Conversations whose name has every word of the query at the beginning of one of its words. */
export const matching = (chats: readonly Conversation[], query: string): readonly Conversation[] => {
  const words = foldOf(query).split(/\s+/u).filter(Boolean)
  if (words.length === 0) return chats
  return chats.filter(({ contact }) => {
    const name = foldOf(contact.name).split(/[\s-]+/u)
    return words.every((word) => name.some((part) => part.startsWith(word)))
  })
}

/** Where the arrow keys lead in a list of `count` rows. */
export const movedTo = (key: string, at: number, count: number): number | undefined => {
  switch (key) {
    case 'ArrowDown':
      return Math.min(count - 1, at + 1)
    case 'ArrowUp':
      return Math.max(0, at - 1)
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return undefined
  }
}
