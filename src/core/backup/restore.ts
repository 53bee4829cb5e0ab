import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { toMe } from '../me.ts'
import { post } from '../jobs/compose.ts'
import { newestOwnList } from '../jobs/newest-list.ts'
import { putStanding, putUnknown } from '../jobs/standing.ts'
import { inputError } from '../outcome.ts'
import { ArchiveFailure, type Archive } from '../ports/archive.ts'
import { StorageFailure, type Tx } from '../ports/storage.ts'
import type { Me, Outcome } from '../api.ts'
import { BACKUP_VERSION, decodeRecords, type BackedAccount, type BackupRecord } from './records.ts'
import { writeRecord } from './write-record.ts'
import { err, ok } from '../../lib/result.ts'

type Deps = Pick<CoreContext, 'store' | 'clock' | 'own' | 'crypto' | 'relays' | 'outbox' | 'upkeep'> & {
  readonly archive: Archive
  readonly onAccount: () => void
}
type Restored = Outcome<{ readonly me: Me }>

/** Records a transaction. */
const BATCH = 1_000

interface Running {
  readonly id: string
  readonly writer: WritableStreamDefaultWriter<Uint8Array>
  readonly outcome: Promise<Restored>
  index: number
  last: Promise<Outcome<{ readonly me: Me | null }>>
}

/**
 * Takes a backup piece by piece and, with the end, becomes its account on this device: history, contacts and settings as they were, keys of
 * its own. Nothing stays of a backup that could not be taken whole.
 */
export const restorePiece = (deps: Deps): Command<'restorePiece'> => {
  let running: Running | undefined
  const give = async (
    { writer, outcome }: Running,
    bytes: Uint8Array | null
  ): Promise<Outcome<{ me: Me | null }>> => {
    if (bytes === null) {
      await writer.close().catch(() => undefined)
      return outcome
    }
    const taken = writer.write(bytes).then(
      () => undefined,
      () => outcome
    )
    const ended = await Promise.race([taken, outcome])
    return ended ?? ok({ me: null })
  }
  return async ({ id, passphrase, index, bytes }) => {
    if (running?.id === id && index === running.index) return running.last
    if (deps.own()) return inputError('account-exists')
    if (running?.id !== id) {
      if (index !== 0) return inputError('backup-lost')
      await running?.writer.abort().catch(() => undefined)
      await running?.outcome
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
      const outcome = restore(deps, piecesOf(readable), passphrase)
      running = {
        id,
        writer: writable.getWriter(),
        outcome,
        index: -1,
        last: Promise.resolve(ok({ me: null })),
      }
    }
    if (index !== running.index + 1) return inputError('backup-lost')
    running.index = index
    running.last = give(running, bytes)
    return running.last
  }
}

async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

const restore = async (
  deps: Deps,
  sealed: AsyncIterable<Uint8Array>,
  passphrase: string
): Promise<Restored> => {
  const { store } = deps
  try {
    store.transaction((tx) => {
      tx.history.clear()
      tx.history.importing()
    })
    const account = await takeRecords(deps, deps.archive.open(sealed, passphrase))
    if (account === undefined) return undo(deps, inputError('backup-damaged'))
    if (account === 'newer') return undo(deps, inputError('backup-newer'))
    const backed = await deps.crypto.verifyList(account.listChain)
    if (!backed.ok) return undo(deps, inputError('backup-damaged'))
    const newest = await newestOwnList(deps, backed.value)
    if (!newest.ok) return undo(deps, newest)
    const made = await deps.crypto.restoreAccount(account, newest.value, deps.clock.now())
    if (!made) return undo(deps, inputError('backup-damaged'))
    store.transaction((tx) => {
      made.apply(tx)
      putStanding(tx, 'good')
      putUnknown(tx, true)
      tx.history.indexLater()
    })
    deps.onAccount()
    // Who gets something of this device looks for it in the list: that has to be there first.
    await deps.upkeep.run()
    store.transaction((tx) => announce(tx, deps.clock.now(), made.value.listChain))
    deps.outbox.kickAll()
    return ok({ me: toMe(made.value) })
  } catch (error) {
    if (error instanceof ArchiveFailure) return undo(deps, inputError(error.reason))
    if (error instanceof StorageFailure) return undo(deps, err(error.error))
    undo(deps, inputError('backup-damaged'))
    throw error
  }
}

const undo = <E extends Restored>({ store }: Deps, outcome: E): E => {
  try {
    store.transaction((tx) => tx.history.clear())
  } catch (error) {
    // A store that is full or closed cannot; the next start clears what is left.
    if (!(error instanceof StorageFailure)) throw error
  }
  return outcome
}

/** Writes all records; the account, when the backup was whole. */
const takeRecords = async (
  { store }: Deps,
  plain: AsyncIterable<Uint8Array>
): Promise<BackedAccount | 'newer' | undefined> => {
  let account: BackedAccount | undefined
  let batch: BackupRecord[] = []
  let count = 0
  let isWhole = false
  const write = (): void => {
    const records = batch
    batch = []
    store.transaction((tx) => {
      for (const record of records) writeRecord(tx, record)
    })
  }
  for await (const record of decodeRecords(plain)) {
    if (count === 0 && record?.kind === 'backup' && record.version > BACKUP_VERSION) return 'newer'
    if (!record || isWhole || (record.kind === 'backup') !== (count === 0)) return undefined
    if (record.kind === 'account') account = record.value
    if (record.kind === 'end') {
      isWhole = record.records === count
      continue
    }
    count++
    batch.push(record)
    if (batch.length >= BATCH) write()
  }
  write()
  return isWhole ? account : undefined
}

/** Contacts learn of the new device at once. */
const announce = (tx: Tx, now: number, deviceListChain: Uint8Array): void => {
  for (const contact of tx.contacts.list())
    if (contact.state === 'accepted')
      post(tx, now, contact.account, 'control', { kind: 'listUpdate', deviceListChain })
}
