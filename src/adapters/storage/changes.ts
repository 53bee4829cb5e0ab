import type { ChangeSet, MessageKey, Tx } from '../../core/ports/storage.ts'
import type { ConversationId } from '../../protocol/ids.ts'

/** Notes what a transaction touches. */
export interface Touched {
  /** Throws `TypeError` outside a transaction: what is written there would be neither atomic nor told to anyone. */
  writing(): void
  /** The same check, and this table changes. */
  table(name: keyof Tx): void
  conversation(id: ConversationId): void
  /** This message is new, other than before, or gone. */
  message(key: MessageKey): void
  /** All messages of this conversation are gone. */
  cleared(id: ConversationId): void
  /** Something of a person's was deleted: it must be gone from the log too. */
  erased(): void
}

/** Collects the changes of one transaction at a time. */
export interface ChangeTracker extends Touched {
  begin(): void
  /** True when something was touched since. */
  any(): boolean
  /** True when something was deleted since. */
  hasErased(): boolean
  /** Ends what was begun; undefined when nothing was touched. */
  end(): ChangeSet | undefined
}

/** Makes a tracker. */
export const createChangeTracker = (): ChangeTracker => {
  let tables = new Set<keyof Tx>()
  let conversations = new Set<ConversationId>()
  let messages: MessageKey[] = []
  let cleared = new Set<ConversationId>()
  let inside = false
  let erased = false
  const writing = (): void => {
    if (!inside) throw new TypeError('writing needs a transaction')
  }
  return {
    writing,
    table: (name) => {
      writing()
      tables.add(name)
    },
    conversation: (id) => void conversations.add(id),
    message: ({ conversation, author, id }) => void messages.push({ conversation, author, id }),
    cleared: (id) => void cleared.add(id),
    erased: () => void (erased = true),
    hasErased: () => erased,
    any: () => tables.size > 0,
    begin: () => {
      if (inside) throw new TypeError('transactions do not nest')
      inside = true
      erased = false
    },
    end: () => {
      const change = { tables, conversations, messages, cleared, erased }
      tables = new Set()
      conversations = new Set()
      messages = []
      cleared = new Set()
      inside = false
      return change.tables.size > 0 ? change : undefined
    },
  }
}
