/** Tabs of a profile as the page makes them, several in one page: each with its own core worker, which can be made to die. */
import { connectClient, type ClientState } from '../../../src/client/bridge/connect-client.ts'
import { withMethods } from '../../../src/client/commanding.ts'
import type { Outcome } from '../../../src/client/contract.ts'
import { createCoreLink } from '../../../src/host/core-link.ts'
import { systemClock } from '../../../src/host/platform.ts'
import type { TabRole } from '../../../src/client/tabs/join-tabs.ts'

export const openTab = (scope: string) => {
  const workers: Worker[] = []
  const roles: TabRole[] = []
  const states: ClientState[] = []
  const link = createCoreLink({
    spawn: () => {
      const worker = new Worker(new URL('../../../src/workers/core.worker.ts', import.meta.url), {
        type: 'module',
      })
      workers.push(worker)
      return worker
    },
    scope,
    // Nobody listens there: what these tests do needs no relay.
    origin: 'http://localhost:9',
    isExpected: () => false,
    locks: navigator.locks,
    clock: systemClock,
    newId: () => crypto.randomUUID(),
    onControl: (message) => {
      if (message.type === 'role') roles.push(message.role)
    },
    onGone: () => undefined,
  })
  const client = withMethods(
    connectClient(link.channel, {
      clock: systemClock,
      newId: () => crypto.randomUUID(),
      onState: (state) => states.push(state),
    })
  )
  link.resume()
  return {
    client,
    states,
    role: () => roles.at(-1),
    spawned: () => workers.length,
    /** Ends the tab's worker behind the tab's back, as a crash does. */
    kill: () => workers.at(-1)?.terminate(),
    /** Closes the tab, and its worker with it, in the middle of whatever it does. */
    close: () => link.suspend(),
  }
}
export type Tab = ReturnType<typeof openTab>

/** The value of an outcome that must be good. */
export const good = <T>(outcome: Outcome<T>): T => {
  if (outcome.ok) return outcome.value
  throw new Error(`${outcome.error.kind}: ${outcome.error.reason}`)
}
