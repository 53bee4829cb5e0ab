import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { sqliteFile } from '../db/sqlite-file.ts'
import { StoreUnavailable } from '../db/unavailable.ts'
import type { RelayLimits } from '../limits.ts'
import { mapMethods } from './methods.ts'
import { pack } from './packed.ts'
import type { RelayStore } from './relay-store.ts'
import type { Call, FromThread, ThreadData, ToThread } from './thread-messages.ts'

/** Calls that cross at once: while the thread works on these, the next are read. Fewer make more messages, whose way costs more than a call's. */
const MOST_CALLS = 32

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/**
 * The embedded store: one SQLite file in `dataDir`, held by a thread of its own. Throws when it cannot be opened. A thread that breaks
 * ends the process: what was acknowledged is on disk, and a fresh start is the way back.
 */
export const openSqliteStore = (dataDir: string, limits: RelayLimits): Promise<RelayStore> => {
  const data: ThreadData = { path: sqliteFile(dataDir), limits }
  // Beside this file, and of its kind: the sources' own, or that of the bundle.
  const thread = new URL(`./sqlite.worker${extname(import.meta.url)}`, import.meta.url)
  return storeOver(new Worker(thread, { workerData: data }))
}

/** What leads to whoever holds the database: a thread, or an end of a message channel. */
interface Way {
  postMessage(message: ToThread, handedOver?: readonly ArrayBuffer[]): void
  on(event: 'message', listener: (message: FromThread) => void): unknown
}

/** The store whose database is held at the other end. Throws when it cannot be opened there. */
export const storeOver = async (thread: Way): Promise<RelayStore> => {
  const waiting = new Map<number, Waiting>()
  const opened = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  let last = 0
  let calls: Call[] = []
  let over = false

  const flush = (): void => {
    if (calls.length === 0) return
    const { value, buffer } = pack(calls)
    calls = []
    thread.postMessage(value, [buffer])
  }
  thread.on('message', (message: FromThread) => {
    if (message === 'open') return opened.resolve()
    if (message === 'closed') return closed.resolve()
    if ('failed' in message) return opened.reject(new Error(message.failed))
    for (const answer of message) {
      const one = waiting.get(answer.id)
      waiting.delete(answer.id)
      if ('value' in answer) one?.resolve(answer.value)
      else one?.reject(answer.unavailable ? new StoreUnavailable() : new Error(answer.error))
    }
  })
  await opened.promise

  return {
    ...mapMethods(
      (area, method) =>
        (...args) =>
          new Promise((resolve, reject) => {
            if (over) return reject(new StoreUnavailable())
            const id = ++last
            waiting.set(id, { resolve, reject })
            calls.push({ id, area, method, args })
            // Calls of one turn of the event loop cross together, but the thread need not wait for the end of a long one.
            if (calls.length === MOST_CALLS) flush()
            else if (calls.length === 1) setImmediate(flush)
          })
    ),
    close: async () => {
      if (!over) {
        over = true
        flush()
        thread.postMessage('close')
      }
      await closed.promise
    },
  }
}
