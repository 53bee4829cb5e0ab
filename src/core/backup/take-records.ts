import type { Store } from '../ports/storage.ts'
import type { ConversationId } from '../../protocol/ids.ts'
import { AS_THE_DEVICE, type Look } from '../domain/settings.ts'
import { withSetting } from './kept-settings.ts'
import { BACKUP_VERSION, decodeRecords, type BackedAccount, type BackupRecord } from './records.ts'
import { writeRecord } from './write-record.ts'

/** What of a backup is not written with its records. */
export interface Taken {
  readonly account: BackedAccount
  readonly look: Look
}

/** Records a transaction, fewer when they are long: characters of messages. */
const BATCH = 1_000
const MOST_CHARACTERS = 2_000_000

/**
 * Writes all records of a backup; answers with its account and what the windows looked like, when the backup was whole. `overtaken`: an account came into being meanwhile, and
 * nothing more was written.
 */
export const takeRecords = async (
  store: Store,
  plain: AsyncIterable<Uint8Array>,
  now: number
): Promise<Taken | 'newer' | 'overtaken' | 'damaged'> => {
  const known = new Set<ConversationId>()
  let account: BackedAccount | undefined
  let look = AS_THE_DEVICE
  let batch: BackupRecord[] = []
  let count = 0
  let characters = 0
  let isWhole = false
  const write = (): boolean => {
    const records = batch
    batch = []
    characters = 0
    return store.transaction((tx) => {
      if (tx.account.get()) return false
      for (const record of records) writeRecord(tx, record, known, now)
      return true
    })
  }
  for await (const record of decodeRecords(plain)) {
    if (count === 0 && record?.kind === 'backup' && record.version > BACKUP_VERSION) return 'newer'
    if (!record || isWhole || (record.kind === 'backup') !== (count === 0)) return 'damaged'
    if (record.kind === 'account') account = record.value
    if (record.kind === 'setting') look = withSetting(look, record.key, record.value)
    if (record.kind === 'end') {
      isWhole = record.records === count
      continue
    }
    count++
    batch.push(record)
    if (record.kind === 'message') characters += record.value.text.length
    if ((batch.length >= BATCH || characters >= MOST_CHARACTERS) && !write()) return 'overtaken'
  }
  if (!write()) return 'overtaken'
  return isWhole && account ? { account, look } : 'damaged'
}
