import { m } from '../../i18n/paraglide/messages.js'
import type { App } from '../../lib/app.ts'
import { unreadOf } from '../chats/listed.ts'

/** Longer texts are cut when read aloud unasked. */
const SPOKEN = 160

/** Says incoming messages aloud and counts unread ones in the tab's title and on the app's icon. */
export const useNews = ({ client, announcer, conversations, notifier }: App): void => {
  $effect(() => notifier.setWords({ messages: m.push_messages(), call: m.push_call() }))
  $effect(() =>
    client.on('messageReceived', ({ message, contact }) => {
      const text = message.kind === 'gap' ? m.gap_short() : message.text.slice(0, SPOKEN)
      announcer.say(m.announce_message({ name: contact.name, text }))
    })
  )
  $effect(() =>
    client.on('contactRequest', ({ contact }) => announcer.toast(m.announce_request({ name: contact.name })))
  )
  $effect(() => {
    const all = conversations.value
    if (!all) return
    const unread = unreadOf(all)
    notifier.setUnread(
      unread,
      all.filter((one) => one.unread > 0).map(({ id }) => id)
    )
    document.title = unread > 0 ? m.title_unread({ count: unread }) : m.app_name()
    // Only Chromium has badges; where the app is not installed they are refused, which is no loss.
    if ('setAppBadge' in navigator) void navigator.setAppBadge(unread).catch(() => undefined)
  })
}
