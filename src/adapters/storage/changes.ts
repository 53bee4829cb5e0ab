import type { ChangeSet, Tx } from '../../core/ports/storage.ts'
import type { ConversationId } from '../../protocol/ids.ts'

/** Notes what a transaction touches. */
export interface Touched {
  table(name: keyof Tx): void
  conversation(id: ConversationId): void
}

/** Collects the changes of one transaction at a time. */
export interface ChangeTracker extends Touched {
  /** What was touched since the last call; undefined when nothing was. */
  take(): ChangeSet | undefined
}

/** Makes a tracker. */
export const createChangeTracker = (): ChangeTracker => {
  let tables = new Set<keyof Tx>()
  let conversations = new Set<ConversationId>()
  return {
    table: (name) => void tables.add(name),
    conversation: (id) => void conversations.add(id),
    take: () => {
      const change = { tables, conversations }
      tables = new Set()
      conversations = new Set()
      return change.tables.size > 0 ? change : undefined
    },
  }
}
