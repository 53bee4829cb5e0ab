import { createKeyedQueue } from '../../lib/keyed-queue.ts'

/** Turns by name. */
export interface Turns {
  /**
   * A turn that begins now, or after the one of this name that is under way, since that may have read what has changed meanwhile; one for all
   * who ask before it begins. Settles as it does.
   */
  take(name: string): Promise<void>
}

/** Turns of one name come one after another, those of different names side by side. */
export const createTurns = (work: (name: string) => Promise<void>): Turns => {
  const queue = createKeyedQueue()
  const waiting = new Map<string, Promise<void>>()
  return {
    take: (name) => {
      const present = waiting.get(name)
      if (present) return present
      const turn = queue.run(name, () => {
        waiting.delete(name)
        return work(name)
      })
      waiting.set(name, turn)
      return turn
    },
  }
}
