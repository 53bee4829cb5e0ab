import * as v from 'valibot'
import { writeBox } from '../../box/box.ts'
import { fragmentOf, FromNotifierSchema, GENERIC_TAG, type ToNotifier } from '../../box/channel.ts'
import type { MePassaClient } from '../../client/contract.ts'
import type { NotificationSettings } from '../../core/api.ts'
import type { Clock } from '../../core/ports/platform.ts'
import { backoff } from '../../lib/backoff.ts'
import type { Notifier, NotifierState } from '../../ui/lib/notifier.ts'
import { permissionOf, supportOf, watchPermission } from './permission.ts'
import { bringSubscription } from './subscribe.ts'

interface Deps {
  readonly view: Window & typeof globalThis
  readonly client: Pick<MePassaClient, 'live' | 'on' | 'call'>
  readonly clock: Pick<Clock, 'after'>
  /** One tab speaks for all of them. */
  readonly leads: () => boolean
}

/** The notifier of a window, and what its host tells it. */
export interface HostNotifier extends Notifier {
  /** Begins; once the client is connected. */
  start(): void
  /** This tab leads from now on. */
  led(): void
  /** Takes the subscription back, here and at the relays, before everything is deleted. */
  end(): Promise<void>
}

const AGAIN = { first: 30_000, most: 30 * 60_000 }

/** Makes it. It keeps the browser's subscription right and shows what comes while nobody looks. */
export const createNotifier = ({ view, client, clock, leads }: Deps): HostNotifier => {
  const { navigator } = view
  const listeners = new Set<(state: NotifierState) => void>()
  let state: NotifierState = { support: supportOf(view), permission: permissionOf(view), trouble: false }
  let wanted: NotificationSettings | undefined
  let working = Promise.resolve()
  let failures = 0
  let cancel = (): void => undefined

  const become = (part: Partial<NotifierState>): void => {
    state = { ...state, ...part }
    for (const listener of listeners) listener(state)
  }
  const may = (): boolean => state.support === 'yes' && state.permission === 'granted'

  const bring = async (): Promise<void> => {
    cancel()
    if (!wanted || !leads() || !may()) return
    const { pushManager } = await navigator.serviceWorker.ready
    const before = wanted
    const subscription = await bringSubscription(pushManager, before)
    failures = 0
    become({ trouble: false })
    if (!before.on) return
    await client.call('setPushSubscription', subscription)
    // The core's own word of it may come after the next turn begins, which would subscribe once more.
    if (wanted.vapidKey === before.vapidKey && wanted.endpoint === before.endpoint)
      wanted = { ...wanted, endpoint: subscription?.endpoint ?? null }
  }
  /** One after another: each begins with what is wanted by then. */
  const sync = (): void => {
    working = working.then(bring).catch(() => {
      failures += 1
      become({ trouble: true })
      cancel = clock.after(backoff(AGAIN, failures, Math.random()), sync)
    })
  }

  const show = async (message: ToNotifier): Promise<void> => {
    if (!leads() || !may() || wanted?.on !== true || view.document.visibilityState === 'visible') return
    const { active } = await navigator.serviceWorker.ready
    active?.postMessage(message)
  }

  const closeRead = async (unread: readonly string[]): Promise<void> => {
    const registration = await navigator.serviceWorker.getRegistration()
    if (view.document.visibilityState !== 'visible') return
    for (const notification of (await registration?.getNotifications()) ?? [])
      if (notification.tag === GENERIC_TAG || !unread.includes(notification.tag)) notification.close()
  }

  const listen = (): void => {
    navigator.serviceWorker.addEventListener('message', ({ data }) => {
      const message = v.safeParse(FromNotifierSchema, data)
      if (!message.success) return
      if (message.output.type === 'subscription-changed') sync()
      else view.location.hash = fragmentOf(message.output.conversation)
    })
    watchPermission(view, () => {
      become({ permission: permissionOf(view) })
      sync()
    })
    view.addEventListener('online', () => {
      if (state.trouble) sync()
    })
  }

  return {
    watch: (listener) => {
      listeners.add(listener)
      listener(state)
      return () => listeners.delete(listener)
    },
    ask: async () => {
      if (state.support !== 'yes') return 'denied'
      const permission = await view.Notification.requestPermission()
      become({ permission })
      sync()
      return permission
    },
    setWords: (words) => void writeBox('words', { ...words }).catch(() => undefined),
    setUnread: (count, conversations) => {
      if (state.support !== 'yes') return
      void writeBox('unread', count).catch(() => undefined)
      void closeRead(conversations)
    },
    start: () => {
      if (state.support !== 'yes') return
      listen()
      client.live('notifications', null, (settings) => {
        wanted = settings
        sync()
      })
      client.on('messageReceived', ({ message, contact }) => {
        if (message.kind !== 'text') return
        const { conversation, id, text } = message
        void show({ type: 'show-message', conversation, message: id, title: contact.name, body: text })
      })
    },
    led: sync,
    end: async () => {
      if (state.support !== 'yes') return
      const registration = await navigator.serviceWorker.getRegistration()
      await (await registration?.pushManager.getSubscription())?.unsubscribe()
      await client.call('endPush', null)
    },
  }
}
