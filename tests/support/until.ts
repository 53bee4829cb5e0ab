/** Waiting for conditions, never for time. */

/** Milliseconds for anything that is waited for. Only a failure takes so long, and on a busy machine nothing else may look like one. */
export const PATIENCE = 120_000

export interface UntilOptions {
  /** Milliseconds before it gives up. */
  readonly timeout?: number
  /** Milliseconds between two looks. */
  readonly every?: number
}

/**
 * Looks again and again until `look` answers with something true, and answers with that. Throws when the time is over,
 * naming what was waited for and the last error that `look` threw.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  { timeout = PATIENCE, every = 50 }: UntilOptions = {}
): Promise<NonNullable<T>> {
  const end = performance.now() + timeout
  let cause: unknown
  // One last look when the time is over: it may have been over before the first, on a machine that stood still.
  for (let isLast = false; ; isLast = performance.now() >= end) {
    try {
      const answer = await look()
      if (answer) return answer
      cause = undefined
    } catch (error) {
      cause = error
    }
    if (isLast) break
    await new Promise((resolve) => setTimeout(resolve, every))
  }
  throw new Error(`Waited ${timeout} ms in vain: ${what}`, { cause })
}
