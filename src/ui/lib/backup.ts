import type { Me, MePassaClient, Outcome } from '../../client/contract.ts'
import { ok } from '../../lib/result.ts'

/** Bytes of a file that are read at a time. */
const PIECE = 1_000_000

/** A passphrase as it counts: spaces at the ends and twice in a row are slips of the hand. */
const tidy = (passphrase: string): string => passphrase.normalize('NFC').trim().replace(/\s+/gu, ' ')

/** Makes a backup, piece by piece; `write` may take its time. Without a passphrase the recovery words open it. */
export const makeBackup = async (
  client: Pick<MePassaClient, 'call'>,
  passphrase: string | null,
  write: (bytes: Uint8Array) => Promise<void> | void
): Promise<Outcome<null>> => {
  const id = crypto.randomUUID()
  for (let index = 0; ; index++) {
    const piece = await client.call('backupPiece', {
      id,
      passphrase: passphrase === null ? null : tidy(passphrase),
      index,
    })
    if (!piece.ok) return piece
    if (piece.value.done) return ok(null)
    await write(piece.value.bytes)
  }
}

/** Gives a file to be restored; the account it held, when it was taken whole. */
export const restoreBackup = async (
  client: MePassaClient,
  passphrase: string,
  file: Blob,
  onPart: (part: number) => void
): Promise<Outcome<Me | null>> => {
  const argument = { id: crypto.randomUUID(), passphrase: tidy(passphrase) }
  let index = 0
  for (let at = 0; at < file.size; at += PIECE) {
    const bytes = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer())
    const taken = await client.call('restorePiece', { ...argument, index: index++, bytes })
    if (!taken.ok) return taken
    onPart(Math.min(1, (at + PIECE) / file.size))
  }
  const end = await client.call('restorePiece', { ...argument, index, bytes: null })
  return end.ok ? ok(end.value.me) : end
}
