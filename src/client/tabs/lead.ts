import type { Channel } from '../bridge/channel.ts'
import type { ServedCore } from '../bridge/checked-core.ts'
import { serveCore, type CoreServer } from '../bridge/serve-core.ts'
import { backoff } from '../../lib/backoff.ts'
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
  /** Opens store and core; throws a `StorageFailure` when the store is not to be had. */
  readonly openCore: () => Promise<OpenedCore>
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

const storageError = (error: unknown): StorageError =>
  error instanceof StorageFailure ? error.error : { kind: 'storage', reason: 'unavailable' }

const passes = ({ reason }: StorageError): boolean => reason === 'locked' || reason === 'unavailable'

/** Begins to lead. */
export const lead = ({ openCore, clock, newId }: LeadDeps): Leading => {
  const leader = newId()
  const clients = new Map<Channel, () => void>()
  let opened: OpenedCore | undefined
  let server: CoreServer | undefined
  let failed: StorageError | undefined
  let closed = false
  let cancel = (): void => undefined

  const serve = (channel: Channel): void => {
    clients.get(channel)?.()
    if (server) clients.set(channel, server.attach(channel))
    else if (failed) channel.send({ leader, body: { type: 'failed', error: failed } })
  }

  const open = async (attempt: number): Promise<void> => {
    try {
      const core = await openCore()
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
    }
    for (const channel of [...clients.keys()]) serve(channel)
  }
  let opening = open(1)

  return {
    attach: (channel) => {
      clients.set(channel, () => undefined)
      serve(channel)
      return () => {
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
      await opened?.close()
    },
  }
}
