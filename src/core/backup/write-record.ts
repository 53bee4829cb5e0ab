import type { Tx } from '../ports/storage.ts'
import type { ConversationId } from '../../protocol/ids.ts'
import { isKept } from './kept-settings.ts'
import type { BackupRecord } from './records.ts'

/**
 * Puts what a record holds where it was. The account is none of it: it is made anew, with keys of this device.
 * @param known conversations that are there; those of the record are added
 * @param now what was to vanish by then does not come back
 */
export const writeRecord = (tx: Tx, record: BackupRecord, known: Set<ConversationId>, now: number): void => {
  switch (record.kind) {
    // These are read before anything is written.
    case 'backup':
    case 'account':
    case 'end':
      return
    case 'setting':
      // Files made before say too much.
      return isKept(record.key) ? tx.settings.put(record.key, record.value) : undefined
    case 'contact':
      return tx.contacts.put(record.value)
    case 'conversation': {
      const { value, edit } = record
      known.add(value.id)
      tx.conversations.put(value)
      if (edit) tx.messages.keepEdit({ conversation: value.id, author: edit.author, id: edit.id }, edit)
      return
    }
    case 'message': {
      const { value, vanishAt } = record
      if (vanishAt !== undefined && vanishAt <= now) return
      if (!known.has(value.conversation)) {
        // Files made before may lack a conversation that began meanwhile; its messages are worth more than its order in the list.
        known.add(value.conversation)
        tx.conversations.put({ id: value.conversation, draft: '', activeAt: value.at })
      }
      // What was still to be sent is not known to have gone: the person decides.
      const isOpen = value.state === 'pending' && value.kind === 'text'
      tx.messages.insert(isOpen ? { ...value, state: 'failed', failReason: 'expired' } : value)
      if (!value.own && !record.unread) tx.history.markRead(value)
      if (record.editClock) tx.history.setEditClock(value, record.editClock)
      if (vanishAt !== undefined) tx.history.setVanishAt(value, vanishAt)
    }
  }
}
