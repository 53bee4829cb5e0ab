import type { Clock } from '../../core/ports/platform.ts'
import type { Echo } from './echo.ts'

export interface LivenessDeps {
  readonly clock: Clock
  readonly echo: Echo
  /** Ms until the next question. */
  wait(): number
  /** Ms that a question at its time has for its answer. */
  readonly patience: number
  /** Once: there was no answer in time, or the connection has ended. */
  onSilence(reason: Error): void
}

/** Asks the other end of a connection again and again whether it is there: a connection that died without a word looks open for minutes. */
export interface Liveness {
  /** Asks now, with this much patience, ms. */
  probe(patience: number): Promise<void>
  /** Ms of the last answer; null before the first. */
  roundTrip(): number | null
  stop(): void
}

/** Begins to ask, the first time after one wait. */
export const watchLiveness = (deps: LivenessDeps): Liveness => {
  const { clock, echo } = deps
  let roundTrip: number | null = null
  let over = false
  let cancel = (): void => {}

  const stop = (): void => {
    over = true
    cancel()
  }

  const probe = async (patience: number): Promise<void> => {
    const late = Promise.withResolvers<never>()
    const inTime = clock.after(patience, () => late.reject(new Error('no answer')))
    try {
      roundTrip = await Promise.race([echo.ask(), late.promise])
    } catch (error) {
      if (over) return
      stop()
      deps.onSilence(error instanceof Error ? error : new Error('no answer'))
    } finally {
      inTime()
    }
  }

  const later = (): void => {
    cancel = clock.after(deps.wait(), () => {
      void probe(deps.patience).then(() => {
        if (!over) later()
      })
    })
  }
  later()
  return { probe, roundTrip: () => roundTrip, stop }
}
