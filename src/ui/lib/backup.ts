import type { Me, MePassaClient, Outcome } from '../../client/contract.ts'
import { BACKUP_PASSPHRASE_MIN_LENGTH, type Look } from '../../core/domain/settings.ts'
import { own } from '../../lib/bytes.ts'
import { err, ok } from '../../lib/result.ts'
import { readLook } from './look.ts'
import { openFileToSave, savingError, type SavedFile, type SavedHow } from './save-file.ts'

/** Bytes of a file that are read at a time. */
const PIECE = 1_000_000

/** A passphrase as it counts: spaces at the ends and twice in a row are slips of the hand. */
const tidy = (passphrase: string): string => passphrase.normalize('NFC').trim().replace(/\s+/gu, ' ')

export interface BackupToMake {
  readonly client: Pick<MePassaClient, 'call'>
  /** null: the recovery words open it. */
  readonly passphrase: string | null
  /** Of this window. */
  readonly look: Look
}

/** Makes a backup, piece by piece; `write` may take its time. */
export const makeBackup = async (
  { client, passphrase, look }: BackupToMake,
  write: (bytes: Uint8Array) => Promise<void> | void
): Promise<Outcome<null>> => {
  const id = crypto.randomUUID()
  for (let index = 0; ; index++) {
    const piece = await client.call('backupPiece', {
      id,
      passphrase: passphrase === null ? null : tidy(passphrase),
      index,
      look,
    })
    if (!piece.ok) return piece
    if (piece.value.done) return ok(null)
    await write(piece.value.bytes)
  }
}

interface BackupToSave extends Omit<BackupToMake, 'look'> {
  readonly view: Window
  /** Bytes that have been written. */
  readonly onSize: (size: number) => void
}

/**
 * Makes a backup into a file, piece by piece, at the place that the person chooses where the browser lets them; to be called while a click is being
 * answered. null: they thought better of it.
 */
export const saveBackup = async ({
  view,
  client,
  passphrase,
  onSize,
}: BackupToSave): Promise<Outcome<SavedHow | null>> => {
  // Said before a place is asked for.
  if (passphrase !== null && [...tidy(passphrase)].length < BACKUP_PASSPHRASE_MIN_LENGTH)
    return err({ kind: 'input', reason: 'passphrase-too-short' })
  let file: SavedFile | undefined
  try {
    const opened = await openFileToSave(view, {
      name: `${new Date().toISOString().slice(0, 10)}.mepassa`,
      type: 'application/octet-stream',
      extension: '.mepassa',
      isEncrypted: true,
    })
    if (!opened) return ok(null)
    file = opened
    let size = 0
    const made = await makeBackup({ client, passphrase, look: readLook(view) }, async (bytes) => {
      await opened.write(own(bytes))
      onSize((size += bytes.length))
    })
    if (made.ok) return ok(await opened.close())
    await opened.abort().catch(() => undefined)
    return made
  } catch (error) {
    await file?.abort().catch(() => undefined)
    return err(savingError(error))
  }
}

/** What came back, with a file that was taken whole. */
export interface Restored {
  readonly me: Me | null
  readonly look: Look
}

/** Gives a file to be restored. */
export const restoreBackup = async (
  client: Pick<MePassaClient, 'call'>,
  passphrase: string,
  file: Blob,
  onPart: (part: number) => void
): Promise<Outcome<Restored>> => {
  const argument = { id: crypto.randomUUID(), passphrase: tidy(passphrase) }
  let index = 0
  for (let at = 0; at < file.size; at += PIECE) {
    const bytes = await bytesOf(file.slice(at, at + PIECE))
    if (!bytes) return err({ kind: 'input', reason: 'file-unreadable' })
    const taken = await client.call('restorePiece', { ...argument, index: index++, bytes })
    if (!taken.ok) return taken
    onPart(Math.min(1, (at + PIECE) / file.size))
  }
  return client.call('restorePiece', { ...argument, index, bytes: null })
}

/** A file may have gone or changed since it was chosen; then browsers throw when it is read. */
const bytesOf = async (part: Blob): Promise<Uint8Array | undefined> => {
  try {
    return new Uint8Array(await part.arrayBuffer())
  } catch {
    return undefined
  }
}
