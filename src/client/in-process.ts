import { createCheckedCore, type ServedCore } from './bridge/checked-core.ts'
import type { LiveName, LiveQueries, MePassaClient, Outcome } from './contract.ts'
import { newMessageId } from './message-id.ts'
import { err } from '../lib/result.ts'

/**
 * A client of a core in the same context, with the same checks of names and arguments as across a bridge: its callers may be plain
 * JavaScript.
 * @param onClose stops the core and whatever it stands on
 */
export const connectInProcess = (core: ServedCore, onClose: () => Promise<void>): MePassaClient => {
  const checked = createCheckedCore(core)
  const ends = new Set<() => void>()
  let closed = false

  const until = (end: () => void): (() => void) => {
    const once = (): void => {
      if (ends.delete(once)) end()
    }
    ends.add(once)
    return once
  }

  return {
    call: async (name, argument) => {
      if (closed) return err({ kind: 'storage', reason: 'unavailable' })
      return (await checked.call(name, argument)) as Outcome<never>
    },
    live: <N extends LiveName>(
      name: N,
      argument: LiveQueries[N][0],
      onValue: (value: LiveQueries[N][1]) => void
    ) => {
      if (closed) return () => undefined
      const query = checked.live(name, argument, onValue as (value: unknown) => void)
      return query.ok ? until(query.value) : () => undefined
    },
    on: (name, listener) => (closed ? () => undefined : until(core.on(name, listener))),
    newMessageId,
    close: async () => {
      if (closed) return
      closed = true
      for (const end of [...ends]) end()
      await onClose()
    },
  }
}
