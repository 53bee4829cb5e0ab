import type { RelayApi, Reply } from './ports/network.ts'
import type { Clock } from './ports/platform.ts'

/** Which relays answered lately, so that a dead one is not asked first each time. */
export interface RelayHealth {
  /** The same API; how each call ends is noted. */
  readonly relays: RelayApi
  /** These origins, those that do not answer last. `turn` begins with another one of them: for what the first has not brought. */
  byHealth(origins: readonly string[], turn?: number): readonly string[]
}

/** A relay that did not answer is asked last for this long, ms. */
const DOWN_FOR = 60_000

type Call = (origin: string, ...rest: never[]) => Reply<unknown>

/** Watches an API. */
export const createRelayHealth = (relays: RelayApi, clock: Pick<Clock, 'now'>): RelayHealth => {
  const downSince = new Map<string, number>()

  const watched =
    (call: Call): Call =>
    async (origin, ...rest) => {
      const reply = await call(origin, ...rest)
      const silent =
        !reply.ok && (reply.error.reason === 'relay-unreachable' || reply.error.reason === 'timeout')
      if (silent) downSince.set(origin, clock.now())
      else downSince.delete(origin)
      return reply
    }

  const isDown = (origin: string): boolean => (downSince.get(origin) ?? -Infinity) > clock.now() - DOWN_FOR

  return {
    relays: Object.fromEntries(
      Object.entries(relays).map(([name, call]: [string, Call]) => [name, watched(call)])
    ) as unknown as RelayApi,
    byHealth: (origins, turn = 0) => {
      const first = origins.length > 0 ? turn % origins.length : 0
      const turned = [...origins.slice(first), ...origins.slice(0, first)]
      return turned.sort((a, b) => Number(isDown(a)) - Number(isDown(b)))
    },
  }
}
