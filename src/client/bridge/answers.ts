import type { Outcome } from '../contract.ts'

/** Finished requests that are remembered: many times what a client can have under way when a leader changes. */
const MOST = 512

/** Answers to requests by their ids, so that a request that comes twice is run once. */
export interface Answers {
  /** Runs `work` for an id that is new; else gives the answer there is or will be. */
  once(id: string, work: () => Promise<Outcome<unknown>>): Promise<Outcome<unknown>>
}

/** Keeps all that are under way and the newest finished ones. */
export const createAnswers = (most = MOST): Answers => {
  const underWay = new Map<string, Promise<Outcome<unknown>>>()
  const finished = new Map<string, Outcome<unknown>>()
  return {
    once: (id, work) => {
      const known = finished.get(id)
      if (known) return Promise.resolve(known)
      const running =
        underWay.get(id) ??
        work().then((outcome) => {
          underWay.delete(id)
          finished.set(id, outcome)
          const oldest = finished.keys().next()
          if (finished.size > most && !oldest.done) finished.delete(oldest.value)
          return outcome
        })
      underWay.set(id, running)
      return running
    },
  }
}
