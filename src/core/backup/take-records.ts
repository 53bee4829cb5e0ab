import type { Store } from '../ports/storage.ts'
import type { ConversationId } from '../../protocol/ids.ts'
import { BACKUP_VERSION, decodeRecords, type BackedAccount, type BackupRecord } from './records.ts'
import { writeRecord } from './write-record.ts'

/** Records a transaction. */
const BATCH = 1_000

/**
 * Writes all records of a backup; answers with its account, when the backup was whole. `overtaken`: an account came into being meanwhile, and
 * nothing more was written.
 */
export const takeRecords = async (
  store: Store,
  plain: AsyncIterable<Uint8Array>
): Promise<BackedAccount | 'newer' | 'overtaken' | 'damaged'> => {
  const known = new Set<ConversationId>()
  let account: BackedAccount | undefined
  let batch: BackupRecord[] = []
  let count = 0
  let isWhole = false
  const write = (): boolean => {
    const records = batch
    batch = []
    return store.transaction((tx) => {
      if (tx.account.get()) return false
      for (const record of records) writeRecord(tx, record, known)
      return true
    })
  }
  for await (const record of decodeRecords(plain)) {
    if (count === 0 && record?.kind === 'backup' && record.version > BACKUP_VERSION) return 'newer'
    if (!record || isWhole || (record.kind === 'backup') !== (count === 0)) return 'damaged'
    if (record.kind === 'account') account = record.value
    if (record.kind === 'end') {
      isWhole = record.records === count
      continue
    }
    count++
    batch.push(record)
    if (batch.length >= BATCH && !write()) return 'overtaken'
  }
  if (!write()) return 'overtaken'
  return (isWhole && account) || 'damaged'
}
