import type { LiveName, LiveQueries, MePassaClient } from '../../client/contract.ts'

/** Without an answer for this long, a screen says so (architecture §5). */
const SLOW_AFTER = 5_000

export interface LiveValue<T> {
  /** Undefined until the first answer. */
  readonly value: T | undefined
  /** No answer for five seconds. */
  readonly slow: boolean
}

/**
 * A live query as state, for as long as the component lives. `argument` may read state: when that changes, the query begins anew and the
 * old value stays until the new one is there. Undefined from `argument` asks nothing.
 */
export const useLive = <N extends LiveName>(
  client: MePassaClient,
  name: N,
  argument: () => LiveQueries[N][0] | undefined
): LiveValue<LiveQueries[N][1]> => {
  let value = $state.raw<LiveQueries[N][1] | undefined>()
  let slow = $state(false)
  $effect(() => {
    const asked = argument()
    if (asked === undefined) return
    const timer = setTimeout(() => (slow = true), SLOW_AFTER)
    const end = client.live(name, asked, (next) => {
      clearTimeout(timer)
      slow = false
      value = next
    })
    return () => {
      clearTimeout(timer)
      end()
    }
  })
  return {
    get value() {
      return value
    },
    get slow() {
      return slow
    },
  }
}
