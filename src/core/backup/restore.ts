import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { toMe } from '../me.ts'
import { newestOwnList } from '../jobs/newest-list.ts'
import { tellList } from '../jobs/profile.ts'
import { putBehind, putStanding, putUnknown } from '../jobs/standing.ts'
import { AS_THE_DEVICE, type Look } from '../domain/settings.ts'
import { inputError } from '../outcome.ts'
import { ArchiveFailure, type Archive } from '../ports/archive.ts'
import type { Staged } from '../ports/crypto.ts'
import { ConstraintFailure, StorageFailure, type OwnAccount, type Tx } from '../ports/storage.ts'
import type { Me, Outcome } from '../api.ts'
import { takeRecords } from './take-records.ts'
import { err, ok } from '../../lib/result.ts'

type Deps = Pick<
  CoreContext,
  'store' | 'clock' | 'own' | 'crypto' | 'relays' | 'outbox' | 'upkeep' | 'queue'
> & {
  readonly archive: Archive
  readonly onAccount: () => void
}
type Restored = Outcome<{ readonly me: Me; readonly look: Look }>
type Answer = Outcome<{ readonly me: Me | null; readonly look: Look }>
/** What is answered before the end. */
const GO_ON = ok({ me: null, look: AS_THE_DEVICE })

interface Running {
  readonly id: string
  readonly writer: WritableStreamDefaultWriter<Uint8Array>
  readonly outcome: Promise<Restored>
  index: number
  last: Promise<Answer>
}

/**
 * Takes a backup piece by piece and, with the end, becomes its account on this device: history, contacts and settings as they were, keys of
 * its own. Nothing stays of a backup that could not be taken whole; one that is given up makes room for the next one, or for a new account.
 */
export const restorePiece = (deps: Deps): Command<'restorePiece'> => {
  let running: Running | undefined
  const give = async ({ writer, outcome }: Running, bytes: Uint8Array | null): Promise<Answer> => {
    if (bytes === null) {
      await writer.close().catch(() => undefined)
      return outcome
    }
    const taken = writer.write(bytes).then(
      () => undefined,
      () => outcome
    )
    const ended = await Promise.race([taken, outcome])
    return ended ?? GO_ON
  }
  const giveUp = async (): Promise<void> => {
    await running?.writer.abort().catch(() => undefined)
    await running?.outcome.catch(() => undefined)
  }
  const take: Command<'restorePiece'> = async ({ id, passphrase, index, bytes }) => {
    if (running?.id === id && index === running.index) return running.last
    if (running && running.id !== id && index === 0) await giveUp()
    if (deps.own()) {
      await giveUp()
      return inputError('account-exists')
    }
    if (running?.id !== id) {
      if (index !== 0) return inputError('backup-lost')
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
      running = {
        id,
        writer: writable.getWriter(),
        outcome: restore(deps, piecesOf(readable), passphrase),
        index: -1,
        last: Promise.resolve(GO_ON),
      }
    }
    if (index !== running.index + 1) return inputError('backup-lost')
    running.index = index
    running.last = give(running, bytes)
    return running.last
  }
  // One piece after the other, whoever gives it: two restores never write at once.
  return (piece) => deps.queue.run('restore', () => take(piece))
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
  let come: Outcome<Come>
  try {
    come = await become(deps, deps.archive.open(sealed, passphrase))
    if (!come.ok) undo(deps)
  } catch (error) {
    undo(deps)
    if (error instanceof ArchiveFailure) return inputError(error.reason)
    if (error instanceof ConstraintFailure) return inputError('backup-damaged')
    if (error instanceof StorageFailure) return err(error.error)
    throw error
  }
  return come.ok ? arrive(deps, come.value) : come
}

/** What has come true, with the commit that wrote the account. */
interface Come {
  readonly own: OwnAccount
  readonly look: Look
}

const REFUSALS = {
  damaged: 'backup-damaged',
  newer: 'backup-newer',
  overtaken: 'account-exists',
} as const

/** Writes what the backup holds, its account last: with that one commit it has come true. */
const become = async (deps: Deps, plain: AsyncIterable<Uint8Array>): Promise<Outcome<Come>> => {
  const { store, crypto, clock } = deps
  store.transaction((tx) => {
    tx.history.clear()
    tx.history.importing()
  })
  const taken = await takeRecords(store, plain, clock.now())
  if (typeof taken === 'string') return inputError(REFUSALS[taken])
  const { account, look } = taken
  const backed = await crypto.verifyList(account.listChain)
  if (!backed.ok) return inputError('backup-damaged')
  const newest = await newestOwnList(deps, backed.value)
  if (!newest.ok) return newest
  const made = await crypto.restoreAccount(account, newest.value, clock.now())
  if (!made) return inputError('backup-damaged')
  const own = store.transaction((tx) => putAccount(tx, made, clock.now()))
  return own.ok ? ok({ own: own.value, look }) : own
}

const putAccount = (tx: Tx, made: Staged<OwnAccount>, now: number): Outcome<OwnAccount> => {
  if (tx.account.get()) return inputError('account-exists')
  made.apply(tx)
  putStanding(tx, 'good')
  putBehind(tx, false)
  // Who gets something of this device looks for it in the list: until that is there, nothing leaves the outbox.
  putUnknown(tx, true)
  tx.history.indexLater()
  tellList(tx, now)
  return ok(made.value)
}

/** The account is there, whatever fails from now on: upkeep and outbox do it again by themselves. */
const arrive = async (deps: Deps, { own, look }: Come): Promise<Restored> => {
  deps.onAccount()
  await deps.upkeep.run()
  deps.outbox.kickAll()
  return ok({ me: toMe(own), look })
}

/** Removes what was written, unless it is somebody's by now. */
const undo = ({ store }: Deps): void => {
  try {
    store.transaction((tx) => {
      if (!tx.account.get()) tx.history.clear()
    })
  } catch (error) {
    // A store that is full or closed cannot; the next account, restore or start clears what is left.
    if (!(error instanceof StorageFailure)) throw error
  }
}
