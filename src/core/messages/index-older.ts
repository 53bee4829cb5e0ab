import type { CoreContext } from '../context.ts'
import { StorageFailure } from '../ports/storage.ts'

/** Messages a step, and the pause after it (ms): what people do comes in between. */
const STEP = 100
const PAUSE = 25

/** Puts messages that an earlier version wrote into the search index, little by little. */
export interface Indexer {
  start(): void
  stop(): void
}

/** Makes the indexer; a step that fails (a full disk) leaves the rest for the next start. */
export const createIndexer = ({
  store,
  clock,
  log,
}: Pick<CoreContext, 'store' | 'clock' | 'log'>): Indexer => {
  let cancel: () => void = () => undefined
  const step = (): void => {
    try {
      if (!store.read((tx) => tx.search.waiting())) return
      store.transaction((tx) => tx.search.index(STEP))
      cancel = clock.after(PAUSE, step)
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error
      log.warn('indexing-stopped')
    }
  }
  return {
    start: () => {
      cancel = clock.after(PAUSE, step)
    },
    stop: () => cancel(),
  }
}
