/** Web Push in a real Firefox, from one person's words to another's notification, over a push service on this machine. */
import type { Page } from 'puppeteer-core'
import { expect, test } from 'vitest'
import { startAutopush } from '../support/autopush.ts'
import { byId, go, inviteLinkIn, onboardIn } from '../support/firefox-app.ts'
import { launchFirefox } from '../support/firefox.ts'
import { newFolder } from '../support/profile.ts'
import { contactOf, knock, openPushStage } from '../support/push-stage.ts'
import { until } from '../support/until.ts'

interface Seen {
  readonly title: string
  readonly body: string
  readonly tag: string
}
/** What the browser shows. Any page of the origin may ask. */
const shown = (page: Page): Promise<readonly Seen[]> =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration('/')
    const all = (await registration?.getNotifications()) ?? []
    return all.map(({ title, body, tag }) => ({ title, body, tag }))
  })

test('with the app closed, a notification tells who wrote what; after the push service has forgotten the subscription, the next start makes another', async () => {
  await using push = await startAutopush()
  await using stage = await openPushStage(push.service)
  await using profile = await newFolder('firefox')
  const { relay, bia } = stage
  /** Of the same origin, and not the app. */
  const elsewhere = `${relay.url}/icons/icon-192.png`
  const browser = await launchFirefox({
    profile: profile.path,
    prefs: {
      'dom.push.serverURL': push.url,
      'dom.push.testing.allowInsecureServerURL': true,
      'dom.push.connection.enabled': true,
      'permissions.default.desktop-notification': 1,
      // Without a desktop the system has nobody who shows notifications, and all fail.
      'alerts.useSystemBackend': false,
    },
  })
  await using stack = new AsyncDisposableStack()
  stack.defer(() => browser.close())
  const page = await browser.newPage()

  await onboardIn(page, relay.url, 'Ana')
  await knock(bia, await inviteLinkIn(page))
  await go(page, 'requests')
  await page.locator(byId('accept-request')).click()
  await page.locator(byId('composer')).wait()
  await go(page, 'settings/notifications')
  await page.locator('[role="switch"]').click()
  const ana = await contactOf(bia, true)
  await until('Firefox has subscribed', () => push.tokens.length === 1)
  await page.locator(byId('notifications-ready')).wait()

  // The app is gone; the browser is not.
  await page.goto(elsewhere)
  await bia.say(ana, 'Chegou?')
  const [told] = await until('the notification', async () => {
    const all = await shown(page)
    return all.length > 0 ? all : undefined
  })
  expect(told).toEqual({ title: 'Bia', body: 'Chegou?', tag: bia.account })
  await until('Firefox has said so', () => push.codes.length === 1)
  expect(push.codes).toEqual([100])

  // More of the same conversation joins it.
  await bia.say(ana, 'Responde!')
  await until('both lines', async () => (await shown(page))[0]?.body === 'Chegou?\nResponde!')
  expect(await shown(page)).toHaveLength(1)

  // The push service forgets the subscription: the next push ends it at the relay, the next start makes another.
  push.service.revoke(push.tokens[0] ?? '')
  await bia.say(ana, 'Some')
  await until('a new subscription', async () => {
    await page.goto(relay.url)
    await page.locator(byId('chat-row')).wait()
    if (push.tokens.length > 1) return true
    await page.goto(elsewhere)
    return false
  })
})
