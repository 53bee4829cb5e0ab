import * as v from 'valibot'
import { fragmentOf, NotificationDataSchema, type FromNotifier } from '../src/box/channel.ts'

declare const self: ServiceWorkerGlobalScope

/** Of this origin's windows, those of the app: the operator's pages are no place for a conversation. */
const isApp = ({ url }: WindowClient): boolean => new URL(url).pathname === '/'

/** Leads to the conversation of a notification: in a page that is there, or a new one. */
export const onClick = async (notification: Notification): Promise<void> => {
  notification.close()
  const data = v.safeParse(NotificationDataSchema, notification.data)
  const conversation = data.success ? data.output.conversation : null
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const pages = windows.filter(isApp)
  const page = pages.find(({ visibilityState }) => visibilityState === 'visible') ?? pages[0]
  if (!page) {
    await self.clients.openWindow(`/${fragmentOf(conversation)}`)
    return
  }
  const message: FromNotifier = { type: 'open-conversation', conversation }
  page.postMessage(message)
  await page.focus()
}
