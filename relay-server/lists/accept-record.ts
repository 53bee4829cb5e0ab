import { equalBytes } from '../../src/lib/bytes.ts'
import { err, ok, type Result } from '../../src/lib/result.ts'
import { parseListRecord, parseLocator, verifyListRecord } from '../../src/protocol/list-record.ts'
import type { CheckedRecord } from './list-store.ts'

export type RecordRefusal = 'malformed' | 'bad-signature' | 'foreign'

/**
 * Checks a record by itself: form, size, signature for this locator, and, for one that a registered device puts, that it is signed by
 * the publish key of its account. Whether it is newer is the store's to say, which compares and writes in one transaction.
 */
export const checkRecord = async (
  locator: string,
  bytes: Uint8Array,
  publishKey?: Uint8Array
): Promise<Result<CheckedRecord, RecordRefusal>> => {
  const place = parseLocator(locator)
  const record = parseListRecord(bytes)
  if (!place || !record.ok) return err('malformed')
  if (publishKey && !equalBytes(publishKey, record.value.publishKey)) return err('foreign')
  const verified = await verifyListRecord(record.value, locator)
  if (!verified.ok) return err('bad-signature')
  return ok({
    locator: place,
    publishKey: record.value.publishKey,
    revision: Number(record.value.revision),
    bytes,
  })
}
