import type { Archive } from '../../src/core/ports/archive.ts'
import { encodeRecord, type BackupRecord } from '../../src/core/backup/records.ts'
import { concatBytes } from '../../src/lib/bytes.ts'

/** Backups that lie open, so that a test can read and write them. The format has tests of its own. */
export const plainArchive: Archive = { seal: (plain) => plain, open: (sealed) => sealed }

/** A file of these records. */
export const fileOf = (records: readonly BackupRecord[]): Blob =>
  new Blob([concatBytes(...records.map(encodeRecord))])
