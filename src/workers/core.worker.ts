/** A tab's core worker: joins the tabs of this profile and runs the core when it is its turn. */
import * as v from 'valibot'
import { portChannel } from '../client/bridge/channel.ts'
import { joinTabs, type Tab } from '../client/tabs/join-tabs.ts'
import { systemClock } from '../host/platform.ts'
import { ToWorkerSchema, type ToWindow, type ToWorker } from './control.ts'
import { keeperLoader } from './load-keeper.ts'
import { hasSyncHandles } from './sync-handles.ts'

declare const self: DedicatedWorkerGlobalScope

const tell = (message: ToWindow, transfer: Transferable[] = []): void => self.postMessage(message, transfer)

const join = ({ worker, scope, origin, expected, bridge }: ToWorker & { type: 'join' }): Tab => {
  const keeper = keeperLoader(scope, expected)
  return joinTabs({
    scope,
    worker,
    window: portChannel(bridge),
    locks: navigator.locks,
    clock: systemClock,
    newId: () => crypto.randomUUID(),
    openCore: async (reopen, onMigrate) => {
      const { openCore } = await import('./open-core.ts')
      return openCore({
        keeper: await keeper(),
        onDamage: reopen,
        onMigrate,
        reopen,
        origin,
        offerPeers: (port) => tell({ type: 'peers', port }, [port]),
      })
    },
    keep: async (name, argument) => (await keeper()).call(name, argument),
    onAlive: () => tell({ type: 'alive' }),
    onRole: (role) => tell({ type: 'role', role }),
  })
}

const listen = (): void => {
  let tab: Promise<Tab | undefined> | undefined
  self.addEventListener('message', (event: MessageEvent<unknown>) => {
    const message = v.safeParse(ToWorkerSchema, event.data)
    if (!message.success) return
    const order = message.output
    if (order.type === 'visible') void tab?.then((joined) => joined?.setVisible(order.visible))
    else {
      tab ??= hasSyncHandles().then((able) => {
        if (able) return join(order)
        tell({ type: 'unsupported' })
        return undefined
      })
    }
  })
}

listen()
