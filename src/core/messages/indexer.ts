import type { CoreContext } from '../context.ts'
import { StorageFailure, type SearchBacklog } from '../ports/storage.ts'

/** Messages a step: about as long as the flush of its commit. */
const STEP = 25
/** Between two steps, ms: what people do comes in between. */
const PAUSE = 25
/** After messages came, ms: whoever sends or gets the next one is not kept waiting. What was deleted goes without this wait. */
const IDLE = 500
/** New messages wait no longer than that, however many come, ms. */
const LATEST = 5_000
/** After the index was written anew, to be rid of what was struck out, it is not for so many times as long as that took, and ms at the most. */
const REST = 10
const LONGEST_REST = 600_000

/**
 * Keeps the search index in step when nothing else is to be done: what is gone goes first, then comes what is new, then what was there before. What
 * many or long messages were is struck out, and gone once the index was written anew: at the start, and when it has rested since the last time.
 */
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
  /** When writing anew began, and until when it does not begin again. */
  let rewriteBegan: number | undefined
  let restUntil = 0
  const after = (ms: number): void => {
    cancel()
    cancel = clock.after(ms, step)
  }
  /** True when all that is left to be got rid of is struck out, and that has to wait. */
  const isResting = (waiting: SearchBacklog): boolean => {
    if (waiting === 'changed') return false
    const now = clock.now()
    // Writing anew is over: begun, it counts as changed.
    if (rewriteBegan !== undefined)
      restUntil = now + Math.min(LONGEST_REST, Math.max(0, now - rewriteBegan) * REST)
    rewriteBegan = undefined
    if (waiting !== 'struck') return false
    // A clock that was set meanwhile must not make it wait longer.
    if (now < restUntil && restUntil - now <= LONGEST_REST) return true
    rewriteBegan = now
    return false
  }
  const step = (): void => {
    try {
      const waiting = store.read((tx) => tx.search.waiting())
      const rests = isResting(waiting)
      const next = rests ? store.read((tx) => tx.search.lacks()) : waiting
      if (next === 'older' || next === 'none') newSince = undefined
      if (next === 'none') return rests ? after(restUntil - clock.now()) : undefined
      store.transaction((tx) => (rests ? tx.search.catchUp(STEP) : tx.search.index(STEP)))
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
