import type { Channel } from '../bridge/channel.ts'
import type { ServedCore } from '../bridge/checked-core.ts'
import { serveCore, type CoreServer } from '../bridge/serve-core.ts'
import { backoff } from '../../lib/backoff.ts'
import { serveKeeper, type Keep } from '../keeper/serve-keeper.ts'
import type { KeeperCommand } from '../../core/domain/keeper.ts'
import type { StorageError } from '../../core/domain/errors.ts'
import type { Clock } from '../../core/ports/platform.ts'
import { StorageFailure } from '../../core/ports/storage.ts'

/** A core that runs. */
export interface OpenedCore {
  readonly core: ServedCore
  /** Stops it and closes its store. */
  close(): Promise<void>
}

export interface LeadDeps {
  /**
   * Opens store and core; throws a `StorageFailure` when the store is not to be had.
   * @param reopen closes what was opened and opens it anew: the store turned out to be damaged, or this is another device now
   * @param onMigrate says that a database of an earlier version is being brought up to date; nothing else is heard until that is done
   */
  readonly openCore: (reopen: () => void, onMigrate: () => void) => Promise<OpenedCore>
  /** Asks the keeper of the store. */
  readonly keep: Keep
  readonly clock: Pick<Clock, 'after'>
  readonly newId: () => string
}

/** A leader's work: opening the core and serving it to whoever attaches, before, while or after it opens. */
export interface Leading extends CoreServer {
  close(): Promise<void>
}

/** A predecessor that died leaves its files locked for a moment; code that must be loaded may be out of reach for a while. */
const RETRY = { first: 100, most: 1_000 }
/** Failures in a row before what waits is answered with the reason: about ten seconds. A person sees after five that it is slow. */
const QUIET = 13
/** What the keeper does with a store that is closed. */
const NEEDS_CLOSED: readonly KeeperCommand[] = ['lock', 'recover', 'wipe']

const storageError = (error: unknown): StorageError =>
  error instanceof StorageFailure ? error.error : { kind: 'storage', reason: 'unavailable' }

const passes = ({ reason }: StorageError): boolean => reason === 'locked' || reason === 'unavailable'

/** Begins to lead. */
export const lead = ({ openCore, keep, clock, newId }: LeadDeps): Leading => {
  const leader = newId()
  const clients = new Map<Channel, () => void>()
  let opened: OpenedCore | undefined
  let server: CoreServer | undefined
  let failed: StorageError | undefined
  /** The store is being brought up to date. */
  let migrating = false
  let closed = false
  let cancel = (): void => undefined

  const serve = (channel: Channel): void => {
    clients.get(channel)?.()
    if (server) clients.set(channel, server.attach(channel))
    else if (migrating) channel.send({ leader, body: { type: 'migrating' } })
    else if (failed) channel.send({ leader, body: { type: 'failed', error: failed } })
  }

  const open = async (attempt: number): Promise<void> => {
    try {
      const core = await openCore(reopen, () => {
        migrating = true
        for (const channel of [...clients.keys()]) serve(channel)
      })
      if (closed) return await core.close()
      opened = core
      server = serveCore(core.core, leader, clock)
      failed = undefined
    } catch (error) {
      const reason = storageError(error)
      if (closed) return
      if (passes(reason))
        cancel = clock.after(backoff(RETRY, attempt, 1), () => void (opening = open(attempt + 1)))
      if (passes(reason) && attempt < QUIET) return
      failed = reason
    } finally {
      migrating = false
    }
    for (const channel of [...clients.keys()]) serve(channel)
  }

  /** Nobody hears from the core any more; what breaks off now is asked again of the next. */
  const shut = async (): Promise<void> => {
    cancel()
    await opening
    for (const [channel, detach] of clients) {
      detach()
      clients.set(channel, () => undefined)
    }
    server = undefined
    const core = opened
    opened = undefined
    await core?.close()
  }

  // One after the other: each may close the store under the next.
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work)
    turn = result.catch(() => undefined)
    return result
  }
  const start = (): Promise<void> => {
    cancel()
    return (opening = open(1))
  }
  const reopen = (): void =>
    void inTurn(async () => {
      await shut()
      if (!closed) await start()
    })
  const keepInTurn: Keep = (name, argument) =>
    inTurn(async () => {
      if (NEEDS_CLOSED.includes(name)) await shut()
      const outcome = await keep(name, argument)
      if (!server && !closed) await start()
      return outcome
    })
  let opening = open(1)

  return {
    attach: (channel) => {
      const stopKeeping = serveKeeper(channel, leader, keepInTurn)
      clients.set(channel, () => undefined)
      serve(channel)
      return () => {
        stopKeeping()
        clients.get(channel)?.()
        clients.delete(channel)
      }
    },
    close: async () => {
      closed = true
      cancel()
      // First nobody hears from us any more: what breaks off now is asked again of the next leader.
      for (const detach of clients.values()) detach()
      clients.clear()
      await opening
      await turn
      await opened?.close()
    },
  }
}
