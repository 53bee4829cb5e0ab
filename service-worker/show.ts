import * as v from 'valibot'
import { changeBox, readBox } from '../src/box/box.ts'
import { GENERIC_TAG, NotificationDataSchema, type NotificationData } from '../src/box/channel.ts'

declare const self: ServiceWorkerGlobalScope

/** One message as a notification tells it. */
export interface Shown {
  readonly conversation: string
  readonly message: string
  readonly title: string
  readonly body: string
}

/** In every browser that has it; TypeScript's library knows it not. */
type Options = NotificationOptions & { readonly renotify?: boolean; readonly timestamp?: number }

const ICON = '/icons/icon-192.png'
const APP = 'MePassa'
/** Messages of one conversation that its notification shows. */
const LINES = 5
/** Ids remembered: more than come between two starts of a page. */
const REMEMBERED = 100

const linesOf = async (tag: string): Promise<readonly string[]> => {
  const [present] = await self.registration.getNotifications({ tag })
  const data = v.safeParse(NotificationDataSchema, present?.data)
  return data.success ? data.output.lines : []
}

/** False when it was shown before. */
const remember = async (message: string): Promise<boolean> => {
  let isNew = false
  await changeBox('shown', (shown = []) => {
    isNew = !shown.includes(message)
    return isNew ? [message, ...shown].slice(0, REMEMBERED) : shown
  })
  return isNew
}

/**
 * Shows a message in the one notification of its conversation, with those before it. One that was shown already is shown silently where it
 * `must` be: a push without a notification costs the subscription in some browsers.
 */
export const showMessage = (shown: Shown, must: boolean): Promise<void> =>
  // Messages that come together add to the same notification, one after another.
  self.navigator.locks.request(`notify:${shown.conversation}`, () => show(shown, must))

const show = async ({ conversation, message, title, body }: Shown, must: boolean): Promise<void> => {
  const isNew = await remember(message)
  if (!isNew && !must) return
  const before = await linesOf(conversation)
  const lines = isNew || before.length === 0 ? [...before, body].slice(-LINES) : before
  const data: NotificationData = { conversation, lines: [...lines] }
  const options: Options = {
    body: lines.join('\n'),
    tag: conversation,
    renotify: isNew,
    silent: !isNew,
    icon: ICON,
    timestamp: Date.now(),
    data,
  }
  await self.registration.showNotification(title, options)
}

/** Says that there is something, and no more. */
export const showGeneric = async (kind: 'notify' | 'call'): Promise<void> => {
  const words = await readBox('words').catch(() => undefined)
  const body = kind === 'call' ? words?.call : words?.messages
  const options: Options = {
    ...(body === undefined ? {} : { body }),
    tag: kind === 'call' ? kind : GENERIC_TAG,
    renotify: true,
    requireInteraction: kind === 'call',
    icon: ICON,
    timestamp: Date.now(),
  }
  await self.registration.showNotification(APP, options)
}
