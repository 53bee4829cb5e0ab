import * as v from 'valibot'
import { portChannel, type Channel } from '../client/bridge/channel.ts'
import { whenReleased, type Locks } from '../client/tabs/locks.ts'
import { tabNames } from '../client/tabs/names.ts'
import type { Clock } from '../core/ports/platform.ts'
import { backoff } from '../lib/backoff.ts'
import { ToWindowSchema, type ToWindow, type ToWorker } from '../workers/control.ts'

export interface CoreLinkDeps {
  /** Starts a core worker's code. */
  readonly spawn: () => Worker
  readonly scope: string
  readonly origin: string
  /** There was an account in this browser. */
  readonly isExpected: () => boolean
  readonly locks: Locks
  readonly clock: Pick<Clock, 'after'>
  readonly newId: () => string
  readonly onControl: (message: ToWindow) => void
  /** The worker is gone, and with it all that was served to it. */
  readonly onGone: () => void
}

/** This window's way to its core worker, over all the lives of the worker. */
export interface CoreLink {
  readonly channel: Channel
  setVisible(visible: boolean): void
  /** Starts a worker unless one runs. */
  resume(): void
  /** Ends the worker, as when the page is put aside. */
  suspend(): void
}

const RESPAWN = { first: 100, most: 10_000 }
/**
 * A worker that has not said by then that it lives is taken for dead, ms: browsers tell a window nothing of a worker that ends or hangs while it
 * starts. Longer each time: where a line is slow, its code takes this long to come.
 */
const BIRTH = { first: 5_000, most: 300_000 }

interface Life {
  readonly worker: Worker
  readonly bridge: Channel
  readonly end: () => void
}

/**
 * Nothing runs before `resume`. A worker that dies is followed by another: its own lock falling free says so; before it holds that, a script
 * that does not load, or time, does.
 */
export const createCoreLink = (deps: CoreLinkDeps): CoreLink => {
  const names = tabNames(deps.scope)
  const listeners = new Set<(message: unknown) => void>()
  let life: Life | undefined
  let visible = true
  let failures = 0
  /** Ends the wait for a sign of life, or for the next start. */
  let cancel = (): void => undefined

  const tell = (worker: Worker, message: ToWorker, transfer: Transferable[] = []): void =>
    worker.postMessage(message, transfer)

  const end = (): void => {
    cancel()
    if (!life) return
    const ended = life
    life = undefined
    ended.end()
    ended.bridge.close()
    ended.worker.terminate()
    deps.onGone()
  }

  const start = (): void => {
    const id = deps.newId()
    const worker = deps.spawn()
    const { port1, port2 } = new MessageChannel()
    const bridge = portChannel(port1)
    let forget = (): void => undefined
    const died = (): void => {
      if (life?.worker !== worker) return
      end()
      failures += 1
      cancel = deps.clock.after(backoff(RESPAWN, failures, 1), start)
    }
    life = { worker, bridge, end: () => forget() }
    let alive = false
    worker.addEventListener('message', (event: MessageEvent<unknown>) => {
      const parsed = v.safeParse(ToWindowSchema, event.data)
      if (!parsed.success || life?.worker !== worker) return
      // Whatever it says first, it has started.
      cancel()
      if (parsed.output.type === 'alive') {
        alive = true
        failures = 0
        forget = whenReleased(deps.locks, names.workerLock(id), died)
      }
      deps.onControl(parsed.output)
    })
    // Once it lives, an error is one that nobody caught: it does not end a worker.
    worker.addEventListener('error', () => {
      if (!alive) died()
    })
    bridge.onMessage((message) => {
      for (const listener of [...listeners]) listener(message)
    })
    const { scope, origin } = deps
    const expected = deps.isExpected()
    tell(worker, { type: 'join', worker: id, scope, origin, expected, bridge: port2 }, [port2])
    tell(worker, { type: 'visible', visible })
    cancel = deps.clock.after(backoff(BIRTH, failures + 1, 1), died)
  }

  return {
    channel: {
      send: (message) => life?.bridge.send(message),
      onMessage: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      close: end,
    },
    setVisible: (next) => {
      visible = next
      if (life) tell(life.worker, { type: 'visible', visible })
    },
    suspend: end,
    resume: () => {
      if (!life) start()
    },
  }
}
