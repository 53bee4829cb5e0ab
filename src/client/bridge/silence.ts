import type { Clock } from '../../core/ports/platform.ts'

/** Half of the time after which silence is shown: then the leader is asked for a sign of life, for work may simply be long. */
const HALF = 2_500

/** Notices that the other side has said nothing for five seconds while something is awaited (architecture §5). */
export interface SilenceWatch {
  /** Something is awaited, or nothing any more. */
  awaiting(something: boolean): void
  /** A sign of life. */
  heard(): void
  stop(): void
}

/**
 * @param ask asks for a sign of life
 * @param onChange true when the silence has lasted five seconds, false when it is over
 */
export const createSilenceWatch = (
  clock: Pick<Clock, 'after'>,
  ask: () => void,
  onChange: (silent: boolean) => void
): SilenceWatch => {
  let cancel: (() => void) | undefined
  let silent = false

  const set = (next: boolean): void => {
    if (silent === next) return
    silent = next
    onChange(next)
  }
  const wait = (): void => {
    cancel = clock.after(HALF, () => {
      ask()
      cancel = clock.after(HALF, () => {
        set(true)
        wait()
      })
    })
  }
  const rest = (): void => {
    cancel?.()
    cancel = undefined
  }

  return {
    awaiting: (something) => {
      if (!something) {
        rest()
        set(false)
      } else if (!cancel) wait()
    },
    heard: () => {
      set(false)
      if (!cancel) return
      rest()
      wait()
    },
    stop: rest,
  }
}
