/** Somebody is away: their device is woken, and what the notification shows is what the sender sealed for it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RELAY_LIMITS } from '../../relay-server/limits.ts'
import { createRelay, type Relay } from '../../relay-server/relay.ts'
import type { LiveQueries } from '../../src/core/api.ts'
import { notificationState } from '../../src/core/jobs/notification-state.ts'
import { fromBase64Url } from '../../src/lib/bytes.ts'
import type { AccountId } from '../../src/protocol/ids.ts'
import { importRoot, openPreview } from '../../src/protocol/preview.ts'
import type { PushPayload } from '../../src/protocol/relay-api.ts'
import { configOf } from '../contract/relay/kit/relay.ts'
import { createHeadless, meet, type Headless } from '../support/headless.ts'
import { newFolder } from '../support/profile.ts'
import {
  startPushServer,
  subscribe,
  type PushServer,
  type TestSubscription,
} from '../support/push-service.ts'
import { until } from '../support/until.ts'

/** People without a stream ask for everything every 200 ms, all from one address. */
const MANY = { points: 1_000_000, per: 60_000 }
const RATES = { ...RELAY_LIMITS.rates, requests: MANY, registrations: MANY, subscriptions: MANY }

const stack = new AsyncDisposableStack()
let service: PushServer
let relays: Relay[]
beforeAll(async () => {
  service = stack.use(await startPushServer())
  relays = await Promise.all(
    [1, 2].map(async (n) => {
      const folder = stack.use(await newFolder(`relay-${n}`))
      const pushPrivateHosts = new Set([`localhost:${service.port}`])
      const relay = await createRelay(
        configOf(folder.path, { config: { pushPrivateHosts }, limits: { rates: RATES } }),
        {
          push: { ca: service.ca },
        }
      )
      stack.defer(() => relay.stop())
      return relay
    })
  )
}, 60_000)
afterAll(() => stack.disposeAsync())

const stateOf = (who: Headless) => {
  const state = who.store.read(notificationState)
  if (!state) throw new Error('no notifications')
  return state
}

/** What a page does once the person has agreed: subscribes with the device's key, and tells the core. */
const turnOn = async (who: Headless, previews = true): Promise<TestSubscription> => {
  expect(await who.core.call('setNotifications', { on: true, previews })).toMatchObject({ ok: true })
  const browser = subscribe(service, stateOf(who).vapid)
  expect(await who.core.call('setPushSubscription', browser.registration.subscription)).toMatchObject({
    ok: true,
  })
  return browser
}
const told = (who: Headless) =>
  until('the home relays know', () => {
    const { told } = stateOf(who)
    return who.own().relays.every((origin) => told.includes(origin))
  })
const pushTo = async (browser: TestSubscription, index = 0): Promise<PushPayload> => {
  const push = await until(
    `push ${index}`,
    () => service.pushes.filter(({ token }) => token === browser.token)[index]
  )
  return JSON.parse(browser.open(push)) as PushPayload
}
const opened = async (who: Headless, { preview }: PushPayload) => {
  const root = fromBase64Url(stateOf(who).root)
  const sealed = preview === undefined ? undefined : fromBase64Url(preview)
  return root && sealed ? openPreview(await importRoot(root), sealed) : undefined
}
const knowsKey = (who: Headless, other: AccountId, is = true) =>
  until('the contact knows whether previews are wanted', () =>
    who.store.read((tx) => ((tx.settings.get(`notification-key:${other}`) ?? '') !== '') === is)
  )

test('a person who is away is told who wrote what; with previews off, only that something came', async () => {
  const [home] = relays
  if (!home) throw new Error('no relay')
  await using ana = await createHeadless('Ana', home.url)
  await using bia = await createHeadless('Bia', home.url)
  await meet(ana, bia)
  const browser = await turnOn(ana)
  await told(ana)
  await knowsKey(bia, ana.account)

  // What works in silence wakes nobody: Ana reads, Bia's core gets receipts, and no push is sent for them.
  await ana.away()
  const message = await bia.say(ana, 'Jantar às oito?')
  const payload = await pushTo(browser)
  expect(payload).toMatchObject({ kind: 'notify', token: stateOf(ana).tokens[home.url] })
  expect(await opened(ana, payload)).toEqual({
    sender: bia.account,
    messageId: message.id,
    name: 'Bia',
    text: 'Jantar às oito?',
  })

  await ana.back()
  await until('the message is there', () => ana.texts(bia).includes('Jantar às oito?'))
  await ana.core.call('setNotifications', { on: true, previews: false })
  await knowsKey(bia, ana.account, false)
  await ana.away()
  await bia.say(ana, 'E aí?')
  expect((await pushTo(browser, 1)).preview).toBeUndefined()
})

test('a blocked contact’s key opens nothing more; the others get a new one', async () => {
  const [home] = relays
  if (!home) throw new Error('no relay')
  await using ana = await createHeadless('Ana', home.url)
  await using bia = await createHeadless('Bia', home.url)
  await using eve = await createHeadless('Eve', home.url)
  await meet(ana, bia)
  await meet(ana, eve)
  const browser = await turnOn(ana)
  await told(ana)
  await Promise.all([knowsKey(bia, ana.account), knowsKey(eve, ana.account)])
  const before = stateOf(ana).root
  const keyOf = () => bia.store.read((tx) => tx.settings.get(`notification-key:${ana.account}`))
  const old = keyOf()
  await ana.core.call('block', { account: eve.account })
  expect(stateOf(ana).root).not.toBe(before)
  await until('the other contact has a new key', () => keyOf() !== old)
  await ana.away()
  await bia.say(ana, 'Oi')
  expect(await opened(ana, await pushTo(browser))).toMatchObject({ text: 'Oi' })
})

test('a dead subscription is noticed and asks for another; turning off and leaving a relay take it back', async () => {
  const [home, other] = relays
  if (!home || !other) throw new Error('no relays')
  await using ana = await createHeadless('Ana', home.url)
  await using bia = await createHeadless('Bia', home.url)
  await meet(ana, bia)
  expect(await ana.core.call('addRelay', { address: other.url })).toMatchObject({ ok: true })
  const first = await turnOn(ana)
  await told(ana)
  service.revoke(first.token)
  await ana.away()
  await bia.say(ana, 'Perdida')
  // Each start tells the relay again, and hears that it is dead as soon as the relay has found that out itself.
  await until('the device asks for another subscription', async () => {
    await ana.back()
    const isGone = (): boolean => stateOf(ana).subscription === null
    const gone = await until('the answer of this start', isGone, { timeout: 3_000 }).catch(() => false)
    if (!gone) await ana.away()
    return gone
  })
  const second = subscribe(service, stateOf(ana).vapid)
  await ana.core.call('setPushSubscription', second.registration.subscription)
  await told(ana)

  const { vapid } = stateOf(ana)
  expect(await ana.core.call('removeRelay', { origin: other.url })).toMatchObject({ ok: true })
  await until('the relay that was left has none', () => stateOf(ana).tokens[other.url] === undefined)
  // It knew the old pair: with the new one it can push no more.
  expect(stateOf(ana)).toMatchObject({ subscription: null })
  expect(stateOf(ana).vapid).not.toEqual(vapid)
  const third = subscribe(service, stateOf(ana).vapid)
  await ana.core.call('setPushSubscription', third.registration.subscription)
  await told(ana)
  await ana.away()
  await bia.say(ana, 'Agora sim')
  expect(await opened(ana, await pushTo(third))).toMatchObject({ text: 'Agora sim' })

  await ana.back()
  await ana.core.call('setNotifications', { on: false, previews: true })
  await until('no relay has any', () => Object.keys(stateOf(ana).tokens).length === 0)
  await knowsKey(bia, ana.account, false)
  await ana.away()
  await bia.say(ana, 'Silêncio')
  await ana.back()
  await until('the message is there', () => ana.texts(bia).includes('Silêncio'))
  expect(service.pushes.filter(({ token }) => token === third.token)).toHaveLength(1)
})

test('a relay that will not push to the browser’s service counts as refusing, and the others push; left, it is no matter', async () => {
  const [home] = relays
  if (!home) throw new Error('no relay')
  await using folder = await newFolder('relay-strict')
  // To it the push service, which is on this machine, is one whose address is not public.
  const strict = await createRelay(configOf(folder.path, { limits: { rates: RATES } }), {
    push: { resolve: async () => [{ address: '127.0.0.1', family: 4 }] },
  })
  await using _ = { [Symbol.asyncDispose]: () => strict.stop() }
  await using ana = await createHeadless('Ana', home.url)
  await using bia = await createHeadless('Bia', home.url)
  await meet(ana, bia)
  expect(await ana.core.call('addRelay', { address: strict.url })).toMatchObject({ ok: true })
  const seen: LiveQueries['notifications'][1][] = []
  ana.core.live('notifications', null, (value) => seen.push(value))
  const browser = await turnOn(ana)
  await until('every home relay has answered', () => seen.at(-1)?.ready)
  expect(stateOf(ana)).toMatchObject({ told: [home.url], refused: [strict.url] })
  expect(seen.at(-1)).toMatchObject({ on: true, refused: [strict.url] })

  await knowsKey(bia, ana.account)
  await ana.away()
  await bia.say(ana, 'Chega assim mesmo')
  expect(await opened(ana, await pushTo(browser))).toMatchObject({ text: 'Chega assim mesmo' })

  await ana.back()
  expect(await ana.core.call('removeRelay', { origin: strict.url })).toMatchObject({ ok: true })
  await until('nothing is known of it any more', () => !stateOf(ana).refused.includes(strict.url))
})
