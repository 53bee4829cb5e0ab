import type { CoreContext, CoreDeps, CoreSignals, Lists, Outbox, Paths, RelayUpkeep } from './context.ts'
import { createLists } from './devices/lists.ts'
import { createRelayUpkeep } from './devices/relay-upkeep.ts'
import { createEmitter } from './emitter.ts'
import { createLifetime, type Lifetime } from './lifetime.ts'
import { createOutbox } from './jobs/outbox.ts'
import { createPaths } from './paths/paths.ts'
import { StorageFailure, type Store } from './ports/storage.ts'
import { createRelayHealth } from './relay-health.ts'
import { createKeyedQueue } from '../lib/keyed-queue.ts'

/** The running parts of a core and what they share. */
export interface Runtime {
  readonly context: CoreContext
  start(): void
  /** Work that `stop` has to wait for. */
  track: Lifetime['track']
  /** Says goodbye, and resolves when nothing runs any more. */
  stop(): Promise<void>
}

/** Longest wait for relays to hear that we leave, ms. */
const GOODBYE = 1_000

/** Makes the running parts. They know each other through the context alone, which is whole before any of them starts. */
export const createRuntime = (given: CoreDeps): Runtime => {
  const lifetime = createLifetime(given)
  const { clock, peers, background } = lifetime
  const { relays, byHealth } = createRelayHealth(lifetime.relays, clock)
  let over = false
  const store: Store = {
    ...given.store,
    transaction: (work) => {
      if (over) throw new StorageFailure('unavailable')
      return given.store.transaction(work)
    },
  }
  const restart = (): void => {
    // What was begun with the keys from before must not write any more.
    over = true
    given.restart()
  }
  const deps: CoreDeps = { ...given, clock, relays, peers, store, restart }
  const parts: { lists?: Lists; paths?: Paths; outbox?: Outbox; upkeep?: RelayUpkeep } = {}
  const part = <K extends keyof typeof parts>(key: K): NonNullable<(typeof parts)[K]> => {
    const value = parts[key]
    if (!value) throw new Error(`core part ${key} is used before it is made`)
    return value
  }
  const context: CoreContext = {
    ...deps,
    background,
    byHealth,
    queue: createKeyedQueue(),
    signals: createEmitter<CoreSignals>(),
    own: () => deps.store.read((tx) => tx.account.get()),
    signer: (own) => ({
      account: own.account,
      device: own.device,
      sign: (data) => deps.crypto.signRequest(own, data),
    }),
    get lists() {
      return part('lists')
    },
    get paths() {
      return part('paths')
    },
    get outbox() {
      return part('outbox')
    },
    get upkeep() {
      return part('upkeep')
    },
  }
  const lists = createLists(context)
  const paths = createPaths(context)
  const outbox = createOutbox(context)
  const upkeep = createRelayUpkeep(context)
  Object.assign(parts, { lists, paths, outbox, upkeep })
  return {
    context,
    start: () => {
      paths.start()
      upkeep.start()
      outbox.start()
    },
    track: lifetime.track,
    stop: async () => {
      outbox.stop()
      paths.stop()
      upkeep.stop()
      await Promise.race([
        upkeep.leave(),
        new Promise<void>((resolve) => given.clock.after(GOODBYE, resolve)),
      ])
      await Promise.all([given.peers.stop(), lifetime.end()])
    },
  }
}
