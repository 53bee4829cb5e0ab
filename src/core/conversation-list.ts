import { toContact } from './domain/contact.ts'
import type { Conversation } from './domain/conversation.ts'
import type { ChangeSet, ConversationPlace, Store, Tx } from './ports/storage.ts'
import { accountOf, type ConversationId } from '../protocol/ids.ts'

/**
 * The chat list, kept in memory and mended row by row: a new message costs the same with ten conversations as with ten thousand. It is
 * read in pieces, the most recently active first.
 */
export interface ConversationList {
  /** What has been read, most recently active first; the same array as long as nothing changed. Fills the first screen at least. */
  value(): readonly Conversation[]
  /** Reads the next piece; false when all has been read. */
  more(): boolean
  changed(change: ChangeSet): void
}

const FIRST = 60
/** What is read at once then: a few milliseconds' work. */
const PIECE = 250

/** Makes the list over a store; nothing is read before somebody asks. */
export const createConversationList = (store: Pick<Store, 'read'>): ConversationList => {
  let rows: Map<ConversationId, Conversation> | undefined
  let sorted: readonly Conversation[] | undefined
  /** Where the next piece begins; undefined when there is none. */
  let next: ConversationPlace | undefined
  /** Read again when somebody asks, not in the middle of a commit. */
  const stale = new Set<ConversationId>()

  const readPiece = (into: Map<ConversationId, Conversation>, limit: number): typeof into =>
    store.read((tx) => {
      const piece = tx.conversations.list(next ?? null, limit)
      for (const { row, last } of piece) {
        const one = assembled(tx, row, last)
        if (one) into.set(row.id, one)
      }
      next = piece.length < limit ? undefined : piece.at(-1)?.place
      return into
    })

  const mend = (known: Map<ConversationId, Conversation>): void => {
    if (stale.size === 0) return
    for (const id of stale) {
      const one = store.read((tx) => {
        const row = tx.conversations.get(id)
        return row && assembled(tx, row, tx.messages.newest({ conversation: id, limit: 1 })[0])
      })
      if (one) known.set(id, one)
      else known.delete(id)
    }
    stale.clear()
    sorted = undefined
  }

  return {
    value: () => {
      const known = (rows ??= readPiece(new Map(), FIRST))
      mend(known)
      sorted ??= [...known.values()].sort((a, b) => b.activeAt - a.activeAt || (a.id < b.id ? -1 : 1))
      return sorted
    },
    more: () => {
      if (!rows || !next) return false
      readPiece(rows, PIECE)
      sorted = undefined
      return true
    },
    changed: (change) => {
      if (!rows) return
      if (change.tables.has('history')) rows = sorted = next = undefined
      else for (const id of change.conversations) stale.add(id)
    },
  }
}

const assembled = (
  tx: Tx,
  { id, unread, draft, activeAt }: { id: ConversationId; unread: number; draft: string; activeAt: number },
  last: Conversation['last'] | undefined
): Conversation | undefined => {
  const account = accountOf(id)
  const contact = account && tx.contacts.get(account)
  return contact && { id, contact: toContact(contact), last: last ?? null, unread, draft, activeAt }
}
