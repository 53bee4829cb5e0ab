import { toContact } from './domain/contact.ts'
import type { Conversation } from './domain/conversation.ts'
import type { Store, Tx } from './ports/storage.ts'
import { accountOf, type ConversationId } from '../protocol/ids.ts'

/** The chat list, kept in memory and mended row by row: a new message costs the same with ten conversations as with ten thousand. */
export interface ConversationList {
  /** What fills the first screen, without reading the rest. */
  newest(limit: number): readonly Conversation[]
  /** All of them, most recently active first; the same array as long as nothing changed. */
  all(): readonly Conversation[]
  /** These may have changed. */
  changed(ids: ReadonlySet<ConversationId>): void
}

const MOST = 100_000

/** Makes the list over a store; nothing is read before somebody asks. */
export const createConversationList = (store: Pick<Store, 'read'>): ConversationList => {
  let rows: Map<ConversationId, Conversation> | undefined
  let sorted: readonly Conversation[] | undefined
  /** Read again when somebody asks, not in the middle of a commit. */
  const stale = new Set<ConversationId>()

  const read = (tx: Tx, limit: number): readonly Conversation[] =>
    tx.conversations.list(limit).flatMap(({ row, last }) => {
      const account = accountOf(row.id)
      const contact = account && tx.contacts.get(account)
      if (!contact) return []
      const { id, unread, draft, activeAt } = row
      return [{ id, contact: toContact(contact), last: last ?? null, unread, draft, activeAt }]
    })

  const readOne = (tx: Tx, id: ConversationId): Conversation | undefined => {
    const account = accountOf(id)
    const row = tx.conversations.get(id)
    const contact = account && tx.contacts.get(account)
    if (!row || !contact) return undefined
    const [last] = tx.messages.newest({ conversation: id, limit: 1 })
    return {
      id,
      contact: toContact(contact),
      last: last ?? null,
      unread: row.unread,
      draft: row.draft,
      activeAt: row.activeAt,
    }
  }

  const mend = (): void => {
    if (!rows || stale.size === 0) return
    for (const id of stale) {
      const row = store.read((tx) => readOne(tx, id))
      if (row) rows.set(id, row)
      else rows.delete(id)
    }
    stale.clear()
    sorted = undefined
  }

  return {
    newest: (limit) => {
      mend()
      return sorted?.slice(0, limit) ?? store.read((tx) => read(tx, limit))
    },
    all: () => {
      mend()
      rows ??= new Map(store.read((tx) => read(tx, MOST)).map((row) => [row.id, row]))
      sorted ??= [...rows.values()].sort((a, b) => b.activeAt - a.activeAt || (a.id < b.id ? -1 : 1))
      return sorted
    },
    changed: (ids) => {
      for (const id of ids) if (rows) stale.add(id)
    },
  }
}
