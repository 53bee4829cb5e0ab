import type { PeerNetwork, RelayApi, Reply } from './ports/network.ts'
import type { Clock, Log } from './ports/platform.ts'
import { err } from '../lib/result.ts'

/** What runs from a core's start to its stop, so that nothing of it is left when its store is closed. */
export interface Lifetime {
  /** Its timers never fire after the end. */
  readonly clock: Clock
  /** What is asked of the network when the end comes is answered "offline" at once. */
  readonly relays: RelayApi
  readonly peers: PeerNetwork
  /** Runs work that nobody waits for; what it throws is logged under `code`. Nothing begins after the end. */
  background(code: string, work: () => Promise<unknown>): void
  /** The same for work that somebody waits for. */
  track<T>(work: Promise<T>): Promise<T>
  /** Begins the end; resolves when all work is over. */
  end(): Promise<void>
}

interface Deps {
  readonly clock: Clock
  readonly relays: RelayApi
  readonly peers: PeerNetwork
  readonly log: Log
}

const OFFLINE = err({ kind: 'network', reason: 'offline' } as const)

/** Begins a lifetime. */
export const createLifetime = (deps: Deps): Lifetime => {
  const running = new Set<Promise<unknown>>()
  const cuts = new Set<() => void>()
  const timers = new Set<() => void>()
  let ended = false

  const track = <T>(work: Promise<T>): Promise<T> => {
    const over: Promise<unknown> = work.catch(() => undefined).then(() => running.delete(over))
    running.add(over)
    return work
  }

  const cutTo = <T>(ending: T, work: () => Promise<T>): Promise<T> => {
    if (ended) return Promise.resolve(ending)
    return new Promise((resolve, reject) => {
      const end = (): void => resolve(ending)
      cuts.add(end)
      void work()
        .then(resolve, reject)
        .then(() => cuts.delete(end))
    })
  }
  const cut = <T>(ask: () => Reply<T>): Reply<T> => cutTo<Awaited<Reply<T>>>(OFFLINE, ask)

  return {
    clock: {
      now: () => deps.clock.now(),
      after: (ms, callback) => {
        if (ended) return () => undefined
        const cancel = deps.clock.after(ms, () => {
          timers.delete(cancel)
          callback()
        })
        timers.add(cancel)
        return () => {
          timers.delete(cancel)
          cancel()
        }
      },
    },
    relays: cutting(deps.relays, cut),
    peers: {
      ...deps.peers,
      start: (homes, hello) => cutTo(undefined, () => deps.peers.start(homes, hello)),
      dial: (peer) => cut(() => deps.peers.dial(peer)),
      send: (peerId, frame) => cut(() => deps.peers.send(peerId, frame)),
      sendMailbox: (origin, frame) => cut(() => deps.peers.sendMailbox(origin, frame)),
      dhtPut: (locator, record) => cut(() => deps.peers.dhtPut(locator, record)),
      dhtGet: (locator) => cut(() => deps.peers.dhtGet(locator)),
    },
    background: (code, work) => {
      if (ended) return
      void track(work().catch(() => deps.log.warn(code)))
    },
    track,
    end: async () => {
      ended = true
      for (const cancel of timers) cancel()
      timers.clear()
      for (const end of cuts) end()
      // What ends may have begun something else before.
      while (running.size > 0) await Promise.all(running)
    },
  }
}

type Call = (...args: never[]) => Reply<unknown>

/** The same API with every call cut short by the end. */
const cutting = (relays: RelayApi, cut: <T>(ask: () => Reply<T>) => Reply<T>): RelayApi =>
  Object.fromEntries(
    Object.entries(relays).map(([name, call]: [string, Call]) => [
      name,
      (...args: never[]) => cut(() => call(...args)),
    ])
  ) as unknown as RelayApi
