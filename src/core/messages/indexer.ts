import type { CoreContext } from '../context.ts'
import { StorageFailure } from '../ports/storage.ts'

/** Messages a step: about as long as the flush of its commit. */
const STEP = 25
/** Between two steps, ms: what people do comes in between. */
const PAUSE = 25
/** After messages came, ms: whoever sends or gets the next one is not kept waiting. What was deleted goes without this wait. */
const IDLE = 500
/** New messages wait no longer than that, however many come, ms. */
const LATEST = 5_000

/** Keeps the search index in step when nothing else is to be done: what is gone goes first, then comes what is new, then what was there before. */
export interface Indexer {
  start(): void
  stop(): void
}

/** Makes the indexer. A step that fails (a full disk) leaves the rest for the next change or start; a search does not wait for it. */
export const createIndexer = ({
  store,
  clock,
  log,
}: Pick<CoreContext, 'store' | 'clock' | 'log'>): Indexer => {
  let cancel: () => void = () => undefined
  let end: () => void = () => undefined
  let newSince: number | undefined
  const after = (ms: number): void => {
    cancel()
    cancel = clock.after(ms, step)
  }
  const step = (): void => {
    try {
      const waiting = store.read((tx) => tx.search.waiting())
      if (waiting === 'older' || waiting === 'none') newSince = undefined
      if (waiting === 'none') return
      store.transaction((tx) => tx.search.index(STEP))
      after(PAUSE)
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error
      newSince = undefined
      log.warn('indexing-stopped')
    }
  }
  const stop = (): void => {
    cancel()
    end()
  }
  return {
    start: () => {
      stop()
      end = store.onCommit(({ tables }) => {
        if (!tables.has('messages')) return
        newSince ??= clock.now()
        if (clock.now() - newSince >= LATEST) return
        after(store.read((tx) => tx.search.waiting()) === 'changed' ? PAUSE : IDLE)
      })
      after(PAUSE)
    },
    stop,
  }
}
