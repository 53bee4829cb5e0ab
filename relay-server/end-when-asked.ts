/** How a running relay ends: gracefully at the first signal, at once for whoever insists. */

/** Milliseconds within which several signals are one. */
const ONE_SIGNAL = 1_000
/** Milliseconds beyond the time for requests after which the process ends whatever happens. */
const LAST_RESORT = 10_000

/** At SIGTERM, SIGINT or SIGHUP the relay is stopped and the process ends; `time` is how long requests have, in milliseconds. */
export const endWhenAsked = (stop: () => Promise<void>, time: number): void => {
  let asked = 0
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const now = performance.now()
      if (asked > 0) {
        // A service manager's signal comes at once by several ways; a later one is from somebody who does not want to wait.
        if (now - asked > ONE_SIGNAL) process.exit(1)
        return
      }
      asked = now
      setTimeout(() => process.exit(1), time + LAST_RESORT).unref()
      stop().then(
        () => process.exit(0),
        () => process.exit(1)
      )
    })
  }
}
