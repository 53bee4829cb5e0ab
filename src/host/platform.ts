/** Clock, randomness and diagnostics of a real machine, for windows, workers and Node alike. */
import type { Clock, Log, Random } from '../core/ports/platform.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}

export const systemRandom: Random = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  fraction: () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32,
}

/** Writes codes and counts to the console: nothing else ever reaches a log. */
export const consoleLog: Log = {
  // eslint-disable-next-line no-console -- the one place that writes to it
  warn: (code, counts) => console.warn(`mepassa: ${code}`, ...(counts ? [counts] : [])),
}
