import type { StorageLevel } from '../api.ts'
import type { CoreContext } from '../context.ts'
import { StorageFailure } from '../ports/storage.ts'

/** How often the browser is asked what is left, ms. */
const EVERY = 60_000
/** The same while the store is full: whoever has made room wants to go on. */
const EVERY_FULL = 5_000
/** Less than this left, or than this part of all there is, is told before it ends. Bytes. */
const LOW = 64 * 1024 * 1024
const LOW_PART = 0.02

/** Watches what room is left for the store. */
export interface Room {
  level(): StorageLevel
  start(): void
  stop(): void
}

type Deps = Pick<CoreContext, 'store' | 'health' | 'clock' | 'background'> & {
  /** The level is another now. */
  readonly onLevel: (level: StorageLevel) => void
  /** There is room again: what could not be taken in is asked for. */
  readonly onRoom: () => void
}

/**
 * Makes the watch. The store says itself when it is full: then nothing is written, nothing is acknowledged, and reading goes on. A write that
 * succeeds ends that; while nobody writes, one that changes nothing is tried.
 */
export const createRoom = ({ store, health, clock, background, onLevel, onRoom }: Deps): Room => {
  let level: StorageLevel = 'ok'
  let cancel = (): void => undefined
  let forget = (): void => undefined
  let stopped = false

  const become = (next: StorageLevel): void => {
    if (next === level) return
    const wasFull = level === 'full'
    level = next
    onLevel(next)
    if (wasFull) onRoom()
  }
  const look = async (): Promise<void> => {
    if (store.isFull()) probe()
    const { used, available } = await health.estimate(LOW)
    if (stopped) return
    const isLow = available !== null && available < Math.max(LOW, ((used ?? 0) + available) * LOW_PART)
    become(store.isFull() ? 'full' : isLow ? 'low' : 'ok')
  }
  /** Tells itself to the store's listeners, as any write does. */
  const probe = (): void => {
    try {
      store.transaction((tx) => tx.clock.put(tx.clock.get()))
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error
    }
  }
  const next = (): void => {
    cancel()
    if (stopped) return
    cancel = clock.after(level === 'full' ? EVERY_FULL : EVERY, run)
  }
  const run = (): void => background('storage-unknown', () => look().finally(next))

  return {
    level: () => level,
    start: () => {
      forget = store.onFull((full) => {
        if (!full) return run()
        become('full')
        next()
      })
      run()
    },
    stop: () => {
      stopped = true
      cancel()
      forget()
    },
  }
}
