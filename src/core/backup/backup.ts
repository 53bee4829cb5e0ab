import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { BACKUP_PASSPHRASE_MIN_LENGTH, type Look } from '../domain/settings.ts'
import type { Archive } from '../ports/archive.ts'
import type { ConversationRow, Store, Tx } from '../ports/storage.ts'
import { inputError } from '../outcome.ts'
import { isKept, lookSettings } from './kept-settings.ts'
import {
  backedAccount,
  BACKUP_VERSION,
  encodeRecord,
  type BackedAccount,
  type BackupRecord,
} from './records.ts'
import { concatBytes } from '../../lib/bytes.ts'
import { ok } from '../../lib/result.ts'
import { accountOf, type ConversationId } from '../../protocol/ids.ts'

/** Messages read at a time; they may be long. */
const BATCH = 100
const MOST_CONVERSATIONS = 100_000
/** Bytes handed over at a time. */
const PIECE = 1_000_000
/** Backups that may be made at once: by hand and by the plan, in several windows. Of more, the one not asked for the longest is given up. */
const MOST_RUNNING = 4

interface Running {
  readonly pieces: AsyncGenerator<Uint8Array>
  index: number
  /** The piece of `index`, for who asks for it again. */
  last: Promise<{ readonly bytes: Uint8Array; readonly done: boolean }>
}

/** Makes a backup piece by piece, as they are asked for: a new `id` begins a new one beside those that are being made. */
export const backupPiece = (
  deps: Pick<CoreContext, 'store' | 'clock' | 'own' | 'crypto'> & { readonly archive: Archive }
): Command<'backupPiece'> => {
  /** By id, the one that was asked for last at the end. */
  const running = new Map<string, Running>()
  const begin = (account: BackedAccount, look: Look, secret: string): Running => {
    const plain = gathered(recordsOf(deps.store, { account, look, at: deps.clock.now() }))
    const pieces = gathered(deps.archive.seal(plain, secret))
    return { pieces, index: 0, last: next(pieces) }
  }
  const asked = (id: string, backup: Running): void => {
    running.delete(id)
    running.set(id, backup)
    for (const [idle, { pieces }] of running) {
      if (running.size <= MOST_RUNNING) return
      running.delete(idle)
      void pieces.return(undefined)
    }
  }
  return async ({ id, passphrase, index, look }) => {
    const own = deps.own()
    const account = own && backedAccount(own)
    if (!account) return inputError('no-account')
    const secret = passphrase ?? deps.crypto.recoveryWords(account.entropy).join(' ')
    if ([...secret].length < BACKUP_PASSPHRASE_MIN_LENGTH) return inputError('passphrase-too-short')
    const present = running.get(id)
    if (!present && index !== 0) return inputError('backup-lost')
    const backup = present ?? begin(account, look, secret)
    if (index === backup.index + 1) {
      backup.index = index
      backup.last = next(backup.pieces)
    } else if (index !== backup.index) return inputError('backup-lost')
    asked(id, backup)
    return ok(await backup.last)
  }
}

const next = async (pieces: AsyncIterator<Uint8Array>): Promise<{ bytes: Uint8Array; done: boolean }> => {
  const piece = await pieces.next()
  return piece.done ? { bytes: new Uint8Array(), done: true } : { bytes: piece.value, done: false }
}

/** The same bytes in fewer pieces. */
async function* gathered(
  source: AsyncIterable<Uint8Array>
): AsyncGenerator<Uint8Array, undefined, undefined> {
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
  return undefined
}

interface Beginning {
  readonly account: BackedAccount
  readonly look: Look
  readonly at: number
}

/** What is kept, record by record, read from the store as it is asked for: others may write to it meanwhile. */
async function* recordsOf(store: Store, { account, look, at }: Beginning): AsyncGenerator<Uint8Array> {
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
  for (const [key, value] of settings) if (isKept(key)) yield line({ kind: 'setting', key, value })
  for (const setting of lookSettings(look)) yield line({ kind: 'setting', ...setting })
  for (const value of contacts) yield line({ kind: 'contact', value })
  const known = new Set<ConversationId>()
  for (const { row } of conversations)
    for (const record of store.read((tx) => conversationOf(tx, row, known))) yield line(record)
  for (let after = -1; ;) {
    const { batch, late } = store.read((tx) => {
      const messages = tx.history.messages(after, BATCH)
      return {
        batch: messages,
        late: messages.flatMap(({ message }) => lateOf(tx, message.conversation, known)),
      }
    })
    for (const record of late) yield line(record)
    for (const { message: value, unread, editClock, vanishAt } of batch)
      yield line({
        kind: 'message',
        value,
        unread,
        ...(editClock && { editClock }),
        ...(vanishAt !== null && { vanishAt }),
      })
    const last = batch.at(-1)
    if (!last) break
    after = last.place
  }
  yield encodeRecord({ kind: 'end', records })
}

/** A conversation, and the edits in it that wait for their message. */
const conversationOf = (
  tx: Tx,
  value: ConversationRow,
  known: Set<ConversationId>
): readonly BackupRecord[] => {
  known.add(value.id)
  const edits = tx.history.edits(value.id).map((edit) => ({ kind: 'conversation', value, edit }) as const)
  return [{ kind: 'conversation', value }, ...edits]
}

/** Of somebody who wrote for the first time while the backup was being made: a message without them could not be restored. */
const lateOf = (tx: Tx, id: ConversationId, known: Set<ConversationId>): readonly BackupRecord[] => {
  const row = known.has(id) ? undefined : tx.conversations.get(id)
  if (!row) return []
  const account = accountOf(id)
  const contact = account && tx.contacts.get(account)
  return [
    ...(contact ? [{ kind: 'contact', value: contact } as const] : []),
    ...conversationOf(tx, row, known),
  ]
}
