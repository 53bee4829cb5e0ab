/**
 * Web Push in a real Chromium, whose own push service no test can reach: the subscription is made at one on this machine, and what the relay
 * pushes there is handed to the browser by its DevTools.
 */
import type { CDPSession, Page, Worker } from 'playwright'
import { expect, test } from 'vitest'
import { acceptRequest, goTo, inviteLink, onboard } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { newFolder } from '../support/profile.ts'
import { contactOf, knock, openPushStage } from '../support/push-stage.ts'
import { startPushServer, subscribe, type TestSubscription } from '../support/push-service.ts'
import { PATIENCE, until } from '../support/until.ts'

/** In a page before its own code: subscriptions are made by the test. */
const standIn = (): void => {
  interface Made {
    endpoint: string
    p256dh: string
    auth: string
  }
  const view = window as unknown as { subscribeAtTest: (key: string) => Promise<Made> }
  const bytes = (text: string): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0))
  let present: PushSubscription | null = null
  PushManager.prototype.getSubscription = async () => present
  PushManager.prototype.subscribe = async (options) => {
    const key = options?.applicationServerKey as Uint8Array<ArrayBuffer>
    const text = btoa(String.fromCharCode(...key))
    const made = await view.subscribeAtTest(
      text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
    )
    present = {
      endpoint: made.endpoint,
      expirationTime: null,
      options: { applicationServerKey: key.slice().buffer, userVisibleOnly: true },
      getKey: (name: PushEncryptionKeyName) => bytes(name === 'p256dh' ? made.p256dh : made.auth).buffer,
      toJSON: () => ({}),
      unsubscribe: async () => {
        present = null
        return true
      },
    }
    return present
  }
}

interface Seen {
  readonly title: string
  readonly body: string
  readonly tag: string
}
const shown = (worker: Worker): Promise<readonly Seen[]> =>
  worker.evaluate(async () => {
    const { registration } = self as unknown as { registration: ServiceWorkerRegistration }
    return (await registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }))
  })

/** Hands a push to the browser, decrypted as it would have done itself. */
const deliver = async (devtools: CDPSession, page: Page, data: string): Promise<void> => {
  const registered = Promise.withResolvers<string>()
  devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    const [first] = registrations
    if (first) registered.resolve(first.registrationId)
  })
  await devtools.send('ServiceWorker.enable')
  const registrationId = await registered.promise
  await devtools.send('ServiceWorker.deliverPushMessage', {
    origin: new URL(page.url()).origin,
    registrationId,
    data,
  })
  await devtools.send('ServiceWorker.disable')
}

/**
 * Ends the browser's subscription as the service worker hears of it, and answers with the key that it subscribes anew with; the new one is made
 * by the test.
 */
const endSubscription = (worker: Worker, made: TestSubscription['registration']['subscription']) =>
  worker.evaluate(
    ({ endpoint, p256dh, auth }) =>
      new Promise<string>((resolve, reject) => {
        const bytes = (text: string): Uint8Array<ArrayBuffer> =>
          Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0))
        PushManager.prototype.subscribe = async (options) => {
          const key = options?.applicationServerKey as Uint8Array<ArrayBuffer>
          resolve(btoa(String.fromCharCode(...key)))
          return {
            endpoint,
            expirationTime: null,
            options: { applicationServerKey: key.slice().buffer, userVisibleOnly: true },
            getKey: (name: PushEncryptionKeyName) => bytes(name === 'p256dh' ? p256dh : auth).buffer,
            toJSON: () => ({}),
            unsubscribe: async () => true,
          }
        }
        // A script's own ExtendableEvent can't be extended.
        const event = new Event('pushsubscriptionchange')
        const waitUntil = (work: Promise<void>): void => void work.catch(reject)
        self.dispatchEvent(Object.assign(event, { newSubscription: null, waitUntil }))
      }),
    made
  )

test('with the app closed a push becomes a notification, a click opens the conversation, and deleting everything ends it', async () => {
  await using service = await startPushServer()
  await using stage = await openPushStage(service)
  await using profile = await newFolder('ana')
  const { relay, bia } = stage
  const browser = await openBrowser({
    profile: profile.path,
    baseURL: relay.url,
    permissions: ['notifications'],
  })
  await using stack = new AsyncDisposableStack()
  stack.defer(() => browser.close())
  const { page, context } = browser
  const browsers: TestSubscription[] = []
  await context.exposeFunction('subscribeAtTest', (publicKey: string) => {
    const made = subscribe(service, { publicKey, privateKey: '' })
    browsers.push(made)
    return made.registration.subscription
  })
  await context.addInitScript(standIn)
  const payload = async (index: number): Promise<string> => {
    const subscription = browsers.at(-1)
    const push = await until(
      `push ${index}`,
      () => service.pushes.filter(({ token }) => token === subscription?.token)[index]
    )
    return subscription?.open(push) ?? ''
  }

  await onboard(page, 'Ana')
  await knock(bia, await inviteLink(page))
  await acceptRequest(page)
  await goTo(page, 'settings/notifications')
  await page.getByRole('switch').click()
  await page.getByTestId('notifications-ready').waitFor()
  const ana = await contactOf(bia, true)
  const worker = await until('the service worker', () => context.serviceWorkers()[0])
  const badges = await worker.evaluateHandle(() => {
    const counts: number[] = []
    Object.defineProperty(self.navigator, 'setAppBadge', {
      value: async (count: number) => void counts.push(count),
    })
    return counts
  })

  // The app is gone: this page of the same origin is the relay's own.
  await page.goto('/healthz')
  const devtools = await context.newCDPSession(page)
  await bia.say(ana, 'Jantar às oito?')
  await deliver(devtools, page, await payload(0))
  await until('the notification', async () => (await shown(worker)).length === 1)
  expect(await shown(worker)).toEqual([{ title: 'Bia', body: 'Jantar às oito?', tag: bia.account }])
  await expect.poll(() => badges.jsonValue(), { timeout: PATIENCE }).toEqual([1])

  // What is no push of ours is told all the same, and says nothing that somebody else could have put there.
  for (const data of [
    '',
    'no json',
    JSON.stringify({ kind: 'notify', token: 'A'.repeat(43), preview: 'AAAA' }),
  ])
    await deliver(devtools, page, data)
  await until('the generic notification', async () => (await shown(worker)).length === 2)
  expect((await shown(worker)).filter(({ tag }) => tag === 'mail')).toEqual([
    { title: 'MePassa', body: 'You have new messages', tag: 'mail' },
  ])

  // The browser ends its subscription: the service worker makes another with the same key, and the relay pushes there.
  const { vapid } = browsers[0]?.registration ?? {}
  const renewed = subscribe(service, vapid)
  const key = await endSubscription(worker, renewed.registration.subscription)
  expect(Buffer.from(key, 'base64').toString('base64url')).toBe(vapid?.publicKey)
  const reaches = async (): Promise<boolean> => {
    await bia.say(ana, 'E agora?')
    return service.pushes.at(-1)?.token === renewed.token
  }
  await until('a push to the new subscription', reaches, { every: 500 })

  // A click leads to the conversation, in the app where it is open.
  await page.goto('/')
  await page.getByTestId('chat-row').waitFor()
  await worker.evaluate(async (tag) => {
    const { registration, NotificationEvent } = self as unknown as {
      registration: ServiceWorkerRegistration
      NotificationEvent: new (type: string, init: { notification: Notification | undefined }) => Event
    }
    const options: NotificationOptions = { tag, data: { conversation: tag, lines: [] } }
    let notification: Notification | undefined
    // The page takes away what was read, and may not have fetched the message yet.
    while (!notification) {
      await registration.showNotification('Bia', options)
      ;[notification] = await registration.getNotifications({ tag })
    }
    self.dispatchEvent(new NotificationEvent('notificationclick', { notification }))
  }, bia.account as string)
  await page.getByTestId('composer').waitFor()
  expect(new URL(page.url()).hash).toBe(`#/chat/${bia.account}`)
  // And what was read is not shown any more.
  await until('no notification is left', async () => (await shown(worker)).length === 0)

  await goTo(page, 'settings/privacy')
  await page.getByTestId('erase').click()
  // The old page shows the welcome, too, for a moment before it goes.
  const anew = page.waitForEvent('load')
  await page.getByTestId('erase-confirm').click()
  await anew
  await page.getByTestId('name-input').waitFor()
  const left = await page.evaluate(
    () =>
      new Promise<unknown>((resolve) => {
        const opening = indexedDB.open('mepassa-push')
        opening.onsuccess = () => {
          const database = opening.result
          if (!database.objectStoreNames.contains('box')) return resolve(undefined)
          const read = database.transaction('box').objectStore('box').get('keys')
          read.onsuccess = () => resolve(read.result)
        }
      })
  )
  expect(left).toBeUndefined()
  const gauge = async (name: string): Promise<number> => {
    const metrics = await (await fetch(`${relay.url}/metrics`)).text()
    return Number(new RegExp(`^mepassa_${name} (\\d+)$`, 'm').exec(metrics)?.[1])
  }
  // Only who is away is pushed to at once; the relay takes a deposit's push up before it answers.
  await until('nobody is connected', async () => (await gauge('devices_connected')) === 0)
  const before = service.pushes.length
  const message = await bia.say(ana, 'Ainda aí?')
  await until('the relay has it', () => bia.state(ana, message) === 'sent')
  await until('no push is under way', async () => (await gauge('pushes_waiting')) === 0)
  expect(service.pushes).toHaveLength(before)
})
