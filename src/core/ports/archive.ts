/** Why a backup cannot be read. */
export type ArchiveProblem = 'no-backup' | 'wrong-passphrase' | 'backup-damaged'

/** Thrown while an archive is read. */
export class ArchiveFailure extends Error {
  readonly reason: ArchiveProblem
  constructor(reason: ArchiveProblem) {
    super(`archive: ${reason}`)
    this.reason = reason
  }
}

/** Encrypted, compressed files, as streams: neither side holds more than a piece at a time. */
export interface Archive {
  seal(plain: AsyncIterable<Uint8Array>, passphrase: string): AsyncIterable<Uint8Array>
  /** Throws `ArchiveFailure`; what came before was authentic, and that it ended is not known before the end. */
  open(sealed: AsyncIterable<Uint8Array>, passphrase: string): AsyncIterable<Uint8Array>
}
