import type { Tx } from '../ports/storage.ts'
import type { BackupRecord } from './records.ts'

/** Puts what a record holds where it was. The account is none of it: it is made anew, with keys of this device. */
export const writeRecord = (tx: Tx, record: BackupRecord): void => {
  switch (record.kind) {
    // These are read before anything is written.
    case 'backup':
    case 'account':
    case 'end':
      return
    case 'setting':
      return tx.settings.put(record.key, record.value)
    case 'contact':
      return tx.contacts.put(record.value)
    case 'conversation': {
      const { value, edit } = record
      tx.conversations.put(value)
      if (edit) tx.messages.keepEdit({ conversation: value.id, author: edit.author, id: edit.id }, edit)
      return
    }
    case 'message': {
      const { value } = record
      // What was still to be sent is not known to have gone: the person decides.
      const isOpen = value.state === 'pending' && value.kind === 'text'
      tx.messages.insert(isOpen ? { ...value, state: 'failed', failReason: 'expired' } : value)
      if (!value.own && !record.unread) tx.history.markRead(value)
      if (record.editClock) tx.history.setEditClock(value, record.editClock)
    }
  }
}
