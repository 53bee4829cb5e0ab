/** A page's end of a worker with a store. */
import type { Operations, Told } from './operations.ts'

export interface StoreWorker extends Disposable {
  call<N extends keyof Operations>(
    name: N,
    ...args: Parameters<Operations[N]>
  ): Promise<Awaited<ReturnType<Operations[N]>>>
  /** Why it fails, as the store says it; throws when it does not. */
  failure<N extends keyof Operations>(name: N, ...args: Parameters<Operations[N]>): Promise<string>
  /** Numbers told so far. */
  readonly told: readonly number[]
  /** Calls `listener` with each number that is told. */
  onTold(listener: (n: number) => void): void
  /** Ends it at once, wherever it is. */
  terminate(): void
}

/** Milliseconds within which the files of a worker that was ended are free. */
const PATIENCE = 60_000

class OperationError extends Error {
  readonly reason: string
  constructor(reason: string, why: string) {
    super(why)
    this.reason = reason
  }
}

/** Starts a worker. */
export const startStoreWorker = (): StoreWorker => {
  const worker = new Worker(new URL('./store.worker.ts', import.meta.url), { type: 'module' })
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  const told: number[] = []
  const listeners: ((n: number) => void)[] = []
  let next = 0
  worker.onmessage = ({ data }: MessageEvent<Told>) => {
    if (data.kind === 'told') {
      told.push(data.n)
      for (const listener of listeners) listener(data.n)
      return
    }
    const caller = waiting.get(data.id)
    waiting.delete(data.id)
    if (data.kind === 'done') caller?.resolve(data.value as never)
    else caller?.reject(new OperationError(data.reason, data.why))
  }
  worker.onerror = (event) => {
    for (const { reject } of waiting.values()) reject(new Error(event.message))
  }
  const call: StoreWorker['call'] = (name, ...args) =>
    new Promise((resolve, reject) => {
      const id = next++
      waiting.set(id, { resolve, reject })
      worker.postMessage({ id, name, args })
    })
  const terminate = (): void => worker.terminate()
  return {
    call,
    failure: async (name, ...args) => {
      const outcome: unknown = await call(name, ...args).catch((error: unknown) => error)
      if (outcome instanceof OperationError) return outcome.reason
      throw new Error(`${name} did not fail`, { cause: outcome })
    },
    told,
    onTold: (listener) => void listeners.push(listener),
    terminate,
    [Symbol.dispose]: terminate,
  }
}

/** Opens as a new leader does: what a terminated worker held is let go a moment later. */
export const openWhenFree = async (worker: StoreWorker, name: string): Promise<void> => {
  const end = performance.now() + PATIENCE
  for (;;) {
    try {
      return await worker.call('open', name)
    } catch (error) {
      if (!(error instanceof OperationError) || error.reason !== 'locked' || performance.now() > end)
        throw error
    }
  }
}
