import type { CoreContext, CoreDeps, CoreSignals, Lists, Outbox, Paths, RelayUpkeep } from './context.ts'
import { createLists } from './devices/lists.ts'
import { createRelayUpkeep } from './devices/relay-upkeep.ts'
import { createEmitter } from './emitter.ts'
import { createOutbox } from './jobs/outbox.ts'
import { createPaths } from './paths/paths.ts'
import { createKeyedQueue } from '../lib/keyed-queue.ts'

/** The running parts of a core and what they share. */
export interface Runtime {
  readonly context: CoreContext
  start(): void
  stop(): Promise<void>
}

/** Makes the running parts. They know each other through the context alone, which is whole before any of them starts. */
export const createRuntime = (deps: CoreDeps): Runtime => {
  const parts: { lists?: Lists; paths?: Paths; outbox?: Outbox; upkeep?: RelayUpkeep } = {}
  const part = <K extends keyof typeof parts>(key: K): NonNullable<(typeof parts)[K]> => {
    const value = parts[key]
    if (!value) throw new Error(`core part ${key} is used before it is made`)
    return value
  }
  const context: CoreContext = {
    ...deps,
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
    stop: async () => {
      outbox.stop()
      upkeep.stop()
      paths.stop()
      await deps.peers.stop()
    },
  }
}
