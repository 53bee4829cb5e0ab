import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { NOTIFICATIONS } from '../jobs/notification-state.ts'
import type { Archive } from '../ports/archive.ts'
import type { Store } from '../ports/storage.ts'
import { inputError } from '../outcome.ts'
import {
  backedAccount,
  BACKUP_VERSION,
  encodeRecord,
  type BackedAccount,
  type BackupRecord,
} from './records.ts'
import { concatBytes } from '../../lib/bytes.ts'
import { ok } from '../../lib/result.ts'

/** Messages read at a time. */
const BATCH = 500
const MOST_CONVERSATIONS = 100_000
/** Bytes handed over at a time. */
const PIECE = 1_000_000
/** Characters. */
const LEAST_PASSPHRASE = 10

interface Running {
  readonly id: string
  readonly pieces: AsyncIterator<Uint8Array>
  index: number
  /** The piece of `index`, for who asks for it again. */
  last: Promise<{ readonly bytes: Uint8Array; readonly done: boolean }>
}

/** Makes a backup piece by piece, as they are asked for: a new `id` begins a new one. */
export const backupPiece = (
  deps: Pick<CoreContext, 'store' | 'clock' | 'own' | 'crypto'> & { readonly archive: Archive }
): Command<'backupPiece'> => {
  let running: Running | undefined
  return async ({ id, passphrase, index }) => {
    const own = deps.own()
    const account = own && backedAccount(own)
    if (!account) return inputError('no-account')
    const secret = passphrase ?? deps.crypto.recoveryWords(account.entropy).join(' ')
    if ([...secret].length < LEAST_PASSPHRASE) return inputError('passphrase-too-short')
    if (running?.id !== id) {
      if (index !== 0) return inputError('backup-lost')
      const plain = gathered(recordsOf(deps.store, account, deps.clock.now()))
      const pieces = gathered(deps.archive.seal(plain, secret))[Symbol.asyncIterator]()
      running = { id, pieces, index: 0, last: next(pieces) }
    } else if (index === running.index + 1) {
      running.index = index
      running.last = next(running.pieces)
    } else if (index !== running.index) return inputError('backup-lost')
    return ok(await running.last)
  }
}

const next = async (pieces: AsyncIterator<Uint8Array>): Promise<{ bytes: Uint8Array; done: boolean }> => {
  const piece = await pieces.next()
  return piece.done ? { bytes: new Uint8Array(), done: true } : { bytes: piece.value, done: false }
}

/** The same bytes in fewer pieces. */
async function* gathered(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = []
  let size = 0
  for await (const part of source) {
    parts.push(part)
    size += part.length
    if (size < PIECE) continue
    yield concatBytes(...parts)
    parts = []
    size = 0
  }
  if (size > 0) yield concatBytes(...parts)
}

/** What is kept, record by record, read from the store as it is asked for. */
async function* recordsOf(store: Store, account: BackedAccount, at: number): AsyncGenerator<Uint8Array> {
  let records = 0
  const line = (record: BackupRecord): Uint8Array => {
    records++
    return encodeRecord(record)
  }
  yield line({ kind: 'backup', version: BACKUP_VERSION, at })
  yield line({ kind: 'account', value: account })
  const { settings, contacts, conversations } = store.read((tx) => ({
    settings: tx.settings.all(),
    contacts: tx.contacts.list(),
    conversations: tx.conversations.list(null, MOST_CONVERSATIONS),
  }))
  for (const [key, value] of settings)
    // Subscription and keys of notifications are this device's.
    if (key !== NOTIFICATIONS) yield line({ kind: 'setting', key, value })
  for (const value of contacts) yield line({ kind: 'contact', value })
  for (const { row: value } of conversations) {
    yield line({ kind: 'conversation', value })
    for (const edit of store.read((tx) => tx.history.edits(value.id)))
      yield line({ kind: 'conversation', value, edit })
  }
  for (let after = -1; ;) {
    const batch = store.read((tx) => tx.history.messages(after, BATCH))
    for (const { message: value, unread, editClock } of batch)
      yield line({ kind: 'message', value, unread, ...(editClock && { editClock }) })
    const last = batch.at(-1)
    if (!last) break
    after = last.place
  }
  yield encodeRecord({ kind: 'end', records })
}
