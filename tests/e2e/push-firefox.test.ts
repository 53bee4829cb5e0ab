/** Web Push in a real Firefox, from one person's words to another's notification, over a push service on this machine. */
import type { Page } from 'puppeteer-core'
import { expect, test } from 'vitest'
import { startAutopush } from '../support/autopush.ts'
import { byId, go, inviteLinkIn, onboardIn } from '../support/firefox-app.ts'
import { launchFirefox, newFirefoxPage } from '../support/firefox.ts'
import { newFolder } from '../support/profile.ts'
import { contactOf, knock, openPushStage } from '../support/push-stage.ts'
import type { RelayProcess } from '../support/relay-process.ts'
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

/** How many subscriptions the relay has given up, since their push service said that they are no more. */
const ended = async ({ url }: RelayProcess): Promise<number> => {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^mepassa_pushes_total\{outcome="ended"\} (\d+)$/m.exec(metrics)?.[1] ?? 0)
}

test('with the app closed, a notification tells who wrote what; a revoked subscription is made anew at the next start, or before it', async () => {
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
      // After a connection was cut it waits five seconds before the first try.
      'dom.push.retryBaseInterval': 100,
    },
  })
  await using stack = new AsyncDisposableStack()
  stack.defer(() => browser.close())
  const page = await newFirefoxPage(browser)

  await onboardIn(page, relay.url, 'Ana')
  await knock(bia, await inviteLinkIn(page))
  await go(page, 'requests')
  await page.locator(byId('accept-request')).click()
  await page.locator(byId('composer')).wait()
  await go(page, 'settings/notifications')
  await page.locator('[role="switch"]').click()
  const ana = await contactOf(bia, true)
  await until('Firefox has subscribed', () => push.tokens.length > 0)
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

  /** The push service takes the subscription back, and the relay hears of it by the next push; answers how many there had been by then. */
  const revoke = async (): Promise<number> => {
    const before = await ended(relay)
    push.service.revoke(push.tokens.at(-1) ?? '')
    await bia.say(ana, 'Some')
    await until('the relay has given it up', async () => (await ended(relay)) > before)
    return push.tokens.length
  }
  const arrives = (text: string) =>
    until('the notification', async () => (await shown(page))[0]?.body.endsWith(text))

  // Nobody tells the browser: the next start of the app makes another.
  const first = await revoke()
  await page.goto(relay.url)
  await until('a new subscription', () => push.tokens.length > first)
  await go(page, 'settings/notifications')
  await page.locator(byId('notifications-ready')).wait()
  await page.goto(elsewhere)
  await bia.say(ana, 'Voltou?')
  await arrives('Voltou?')
  expect(push.service.pushes.at(-1)?.token).toBe(push.tokens.at(-1))

  // The browser hears of the end after the relay, and makes another with the app closed.
  const second = await revoke()
  push.forget()
  await until('another subscription', () => push.tokens.length > second)
  const reaches = async (): Promise<boolean> => {
    await bia.say(ana, 'Sempre aqui')
    return push.service.pushes.at(-1)?.token === push.tokens.at(-1)
  }
  await until('a push that reaches it', reaches, { every: 500 })
  await arrives('Sempre aqui')
})
