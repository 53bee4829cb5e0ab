/** Web Push, from a deposit to what a push service is given. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fromBase64Url, toBase64Url } from '../../../src/lib/bytes.ts'
import { Wake } from '../../../src/protocol/gen/wire_pb.js'
import type { PushPayload } from '../../../src/protocol/relay-api.ts'
import {
  startPushServer,
  subscribe,
  type PushServer,
  type TestSubscription,
} from '../../support/push-service.ts'
import { until } from '../../support/until.ts'
import { codeOf, deposit, depositBody, newDevice, type Device } from './kit/device.ts'
import { caughtUp, newPeer, openMailbox } from './kit/peer.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

let service: PushServer
let relay: TestRelay
let ana: Device
let browser: TestSubscription

const settings = () => ({
  config: { pushPrivateHosts: new Set([`localhost:${service.port}`]), pushContact: 'mailto:op@example.org' },
  options: { push: { ca: service.ca } },
})

beforeAll(async () => {
  service = await startPushServer()
  relay = await startTestRelay({ ...settings(), limits: { pushRetry: { first: 20, most: 50 } } })
})
afterAll(async () => {
  await relay[Symbol.asyncDispose]()
  await service[Symbol.asyncDispose]()
})
beforeEach(async () => {
  ana = await newDevice(relay.url)
  await ana.ready()
  browser = subscribe(service)
  expect((await ana.send('PUT', '/v1/push', browser.registration)).status).toBe(204)
})

const pushesTo = (one: TestSubscription) => service.pushes.filter(({ token }) => token === one.token)
const pushTo = (one: TestSubscription, index = 0) => until(`push ${index}`, () => pushesTo(one)[index])
const payloadOf = async (one: TestSubscription, index = 0): Promise<PushPayload> =>
  JSON.parse(one.open(await pushTo(one, index))) as PushPayload
const give = (more: { wake?: Wake; preview?: Uint8Array; id?: Uint8Array; body?: Uint8Array } = {}) =>
  deposit(relay.url, ana.account, ana.deliveryKey, depositBody([{ wake: Wake.NOTIFY, ...more }]))
const counted = async (outcome: string): Promise<number> => {
  const text = await (await fetch(`${relay.url}/metrics`)).text()
  return Number(text.match(new RegExp(`mepassa_pushes_total\\{outcome="${outcome}"\\} (\\d+)`))?.[1] ?? 0)
}

describe('a device that is away', () => {
  test('is woken with its token and the preview, and nothing else', async () => {
    const preview = randomBytes(1_600)
    await give({ preview })
    const push = await pushTo(browser)
    expect(await payloadOf(browser)).toEqual({
      kind: 'notify',
      token: browser.registration.token,
      preview: toBase64Url(preview),
    })
    expect(push).toMatchObject({
      urgency: 'high',
      audience: service.origin,
      subject: 'mailto:op@example.org',
    })
    expect(push.topic).toMatch(/^preview-\d$/)
    // As long as the mail waits.
    expect(push.ttl).toBeGreaterThan(13.9 * 24 * 3600)
    expect(push.ttl).toBeLessThanOrEqual(14 * 24 * 3600)
  })

  test('gets pushes of one length, with and without preview; those without take each other’s place', async () => {
    await give({ preview: randomBytes(2_560) })
    await give()
    await give()
    const lengths = [0, 1, 2].map(async (index) => (await pushTo(browser, index)).body.length)
    expect(new Set(await Promise.all(lengths)).size).toBe(1)
    expect((await pushTo(browser, 1)).topic).toBe('mail')
    expect((await pushTo(browser, 2)).topic).toBe('mail')
    expect((await payloadOf(browser, 1)).preview).toBeUndefined()
  })

  test('rings for half a minute at most', async () => {
    await give({ wake: Wake.CALL })
    expect((await payloadOf(browser)).kind).toBe('call')
    const push = await pushTo(browser)
    expect(push.topic).toBe('call')
    // What is left of it.
    expect(push.ttl).toBeGreaterThan(0)
    expect(push.ttl).toBeLessThanOrEqual(30)
  })

  test('sleeps on for mail that wakes nobody, and for what waits already', async () => {
    const id = randomBytes(16)
    await give({ id })
    await pushTo(browser)
    await give({ id })
    await give({ wake: Wake.NONE })
    await give({ preview: randomBytes(10) })
    expect((await payloadOf(browser, 1)).preview).toBeDefined()
    expect(pushesTo(browser)).toHaveLength(2)
  })

  test('learns of a stranger’s request without a preview', async () => {
    const body = depositBody([{ wake: Wake.NOTIFY, preview: randomBytes(100) }])
    await deposit(relay.url, ana.account, ana.requestAccessKey, body)
    expect((await payloadOf(browser)).preview).toBeUndefined()
  })

  test('is not rung by a stranger', async () => {
    const body = depositBody([{ wake: Wake.CALL }])
    await deposit(relay.url, ana.account, ana.requestAccessKey, body)
    expect((await payloadOf(browser)).kind).toBe('notify')
  })

  test('has said so, or is left alone', async () => {
    expect((await ana.send('DELETE', '/v1/push')).status).toBe(204)
    await give()
    expect((await ana.send('PUT', '/v1/push', browser.registration)).status).toBe(204)
    await give({ preview: randomBytes(10) })
    expect((await payloadOf(browser)).preview).toBeDefined()
    expect(pushesTo(browser)).toHaveLength(1)
  })
})

describe('a device that is connected', () => {
  test('is not woken when it acknowledges', async () => {
    const peer = await newPeer()
    const stream = await openMailbox(peer, relay.url, ana)
    await caughtUp(stream)
    const id = randomBytes(16)
    await give({ id })
    await until('delivered', () => stream.deliveredIds().includes(id.toString('hex')))
    stream.send({ case: 'ack', value: { ids: [id] } })
    await until('deleted', () => stream.deletedIds().includes(id.toString('hex')))
    await peer.stop()
    await until('gone', async () =>
      (await (await fetch(`${relay.url}/metrics`)).text()).includes('mepassa_devices_connected 0')
    )
    await give({ preview: randomBytes(10) })
    expect((await payloadOf(browser)).preview).toBeDefined()
    expect(pushesTo(browser)).toHaveLength(1)
  })

  test('is woken all the same when it does not: its page may be frozen', async () => {
    await using impatient = await startTestRelay({ ...settings(), limits: { acknowledgeTime: 1 } })
    const bia = await newDevice(impatient.url)
    await bia.ready()
    const phone = subscribe(service)
    expect((await bia.send('PUT', '/v1/push', phone.registration)).status).toBe(204)
    const peer = await newPeer()
    const stream = await openMailbox(peer, impatient.url, bia)
    await caughtUp(stream)
    await deposit(impatient.url, bia.account, bia.deliveryKey, depositBody([{ wake: Wake.NOTIFY }]))
    expect((await payloadOf(phone)).kind).toBe('notify')
    expect(stream.ended()).toBe(false)
    await peer.stop()
  })
})

describe('what a push service answers', () => {
  test.each([404, 410, 401, 403])('%d ends the subscription for good', async (status) => {
    const before = await counted('ended')
    service.answer({ status })
    await give()
    await until('the end', async () => (await counted('ended')) > before)
    const again = await until('the refusal', async () => {
      const response = await ana.send('PUT', '/v1/push', browser.registration)
      return response.status === 409 ? response : undefined
    })
    expect(await codeOf(again)).toBe('conflict')
    const fresh = subscribe(service)
    expect((await ana.send('PUT', '/v1/push', fresh.registration)).status).toBe(204)
    await give()
    await pushTo(fresh)
    expect(pushesTo(browser)).toHaveLength(0)
  })

  test('a subscription that was taken back is given up', async () => {
    service.revoke(browser.token)
    await give()
    await until(
      'the end',
      async () => (await ana.send('PUT', '/v1/push', browser.registration)).status === 409
    )
  })

  test.each([429, 500, 503])('%d is tried again later, in order', async (status) => {
    service.answer({ status }, { status, headers: { 'retry-after': '0' } })
    const previews = [randomBytes(8), randomBytes(8)]
    for (const preview of previews) await give({ preview })
    await pushTo(browser, 1)
    const got = [await payloadOf(browser, 0), await payloadOf(browser, 1)]
    expect(got.map(({ preview }) => preview)).toEqual(previews.map(toBase64Url))
  })

  test('what it will never take is not tried again', async () => {
    const before = await counted('refused')
    service.answer({ status: 413 })
    await give()
    await until('the refusal', async () => (await counted('refused')) === before + 1)
    await give({ preview: randomBytes(8) })
    expect((await payloadOf(browser)).preview).toBeDefined()
  })
})

describe('subscriptions', () => {
  test('are renewed by the token of their pushes alone', async () => {
    const fresh = subscribe(service, browser.registration.vapid)
    const { subscription } = fresh.registration
    const renew = (token: string): Promise<Response> =>
      fetch(`${relay.url}/v1/push/renewal`, { method: 'POST', body: JSON.stringify({ token, subscription }) })
    expect((await renew(toBase64Url(randomBytes(32)))).status).toBe(403)
    expect((await renew(browser.registration.token)).status).toBe(204)
    await give()
    expect((await payloadOf(fresh)).token).toBe(browser.registration.token)
    expect(pushesTo(browser)).toHaveLength(0)
  })

  test('are renewed after their end, too: a browser may hear of it later than its relays', async () => {
    service.revoke(browser.token)
    const before = await counted('ended')
    await give()
    await until('the end', async () => (await counted('ended')) > before)
    const fresh = subscribe(service, browser.registration.vapid)
    const renewal = { token: browser.registration.token, subscription: fresh.registration.subscription }
    const body = JSON.stringify(renewal)
    expect((await fetch(`${relay.url}/v1/push/renewal`, { method: 'POST', body })).status).toBe(204)
    await give()
    expect((await payloadOf(fresh)).token).toBe(browser.registration.token)
  })

  test('of devices that are gone end', async () => {
    expect((await ana.send('PUT', '/v1/push/devices', { devices: [2, 3] })).status).toBe(204)
    await give()
    expect((await ana.send('PUT', '/v1/push', browser.registration)).status).toBe(204)
    expect((await ana.send('PUT', '/v1/push/devices', { devices: [1, 3] })).status).toBe(204)
    await give({ preview: randomBytes(8) })
    expect((await payloadOf(browser)).preview).toBeDefined()
    expect(pushesTo(browser)).toHaveLength(1)
  })

  test('are not told to strangers, nor asked for without a signature', async () => {
    for (const [method, path] of [
      ['PUT', '/v1/push'],
      ['DELETE', '/v1/push'],
      ['PUT', '/v1/push/devices'],
    ] as const)
      expect((await fetch(relay.url + path, { method })).status).toBe(401)
  })

  const spoiled = (more: Partial<TestSubscription['registration']['subscription']>) => ({
    ...browser.registration,
    subscription: { ...browser.registration.subscription, ...more },
  })
  test.each([
    ['plain http', 400, () => spoiled({ endpoint: 'http://push.example.org/x' })],
    ['a password', 400, () => spoiled({ endpoint: 'https://me:secret@push.example.org/x' })],
    ['no point of the curve', 400, () => spoiled({ p256dh: toBase64Url(new Uint8Array(65).fill(4)) })],
    ['another pair', 400, () => ({ ...browser.registration, vapid: mixed() })],
    ['this machine', 403, () => spoiled({ endpoint: 'https://127.0.0.1/x' })],
    ['this machine in other words', 403, () => spoiled({ endpoint: 'https://0x7f.1/x' })],
    ['another port of an excepted host', 403, () => spoiled({ endpoint: 'https://127.0.0.1:1/x' })],
    ['a home network', 403, () => spoiled({ endpoint: 'https://192.168.1.1/x' })],
    ['a cloud’s own data', 403, () => spoiled({ endpoint: 'https://169.254.169.254/latest' })],
    ['this machine in IPv6', 403, () => spoiled({ endpoint: 'https://[::1]/x' })],
    ['IPv4 in IPv6', 403, () => spoiled({ endpoint: 'https://[::ffff:127.0.0.1]/x' })],
  ])('with %s are refused', async (_what, status, registration) => {
    const response = await ana.send('PUT', '/v1/push', registration())
    expect(response.status).toBe(status)
    expect(await codeOf(response)).toBe(status === 400 ? 'malformed' : 'forbidden')
  })
  const mixed = () => ({
    ...browser.registration.vapid,
    publicKey: subscribe(service).registration.vapid.publicKey,
  })

  test('wait no longer than a name that leads nowhere takes', async () => {
    const somewhere = spoiled({ endpoint: 'https://push.invalid/x' })
    expect((await ana.send('PUT', '/v1/push', somewhere)).status).toBe(204)
  })
})

test('a name is looked up once a push, and the request goes where that look-up led', async () => {
  const looked: string[] = []
  const addresses = [
    [{ address: '127.0.0.1', family: 4 }],
    [{ address: '93.184.216.34', family: 4 }],
    [
      { address: '93.184.216.34', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ],
  ]
  await using other = await startTestRelay({
    limits: { pushRetry: { first: 20, most: 50 } },
    options: {
      push: {
        resolve: async (host) => {
          looked.push(host)
          return addresses.shift() ?? []
        },
      },
    },
  })
  const bia = await newDevice(other.url)
  await bia.ready()
  const { registration } = subscribe({ origin: 'https://push.example.org' })
  // Who shows no good token has nothing looked up.
  const renewal = { token: toBase64Url(randomBytes(32)), subscription: registration.subscription }
  const renewed = await fetch(`${other.url}/v1/push/renewal`, {
    method: 'POST',
    body: JSON.stringify(renewal),
  })
  expect([renewed.status, looked]).toEqual([403, []])
  // A name that leads to this machine, one that leads out, and one that leads both ways.
  expect((await bia.send('PUT', '/v1/push', registration)).status).toBe(403)
  expect((await bia.send('PUT', '/v1/push', registration)).status).toBe(204)
  await deposit(other.url, bia.account, bia.deliveryKey, depositBody([{ wake: Wake.NOTIFY }]))
  await until('the end', async () => (await bia.send('PUT', '/v1/push', registration)).status === 409)
  expect(looked.slice(0, 3)).toEqual(['push.example.org', 'push.example.org', 'push.example.org'])
})

test('the request goes to the addresses that were looked up: nobody is asked for the name again', async () => {
  // No resolver knows such a name (RFC 6761).
  await using named = await startPushServer(undefined, 'push.invalid')
  await using other = await startTestRelay({
    config: { pushPrivateHosts: new Set([`push.invalid:${named.port}`]) },
    options: { push: { ca: named.ca, resolve: async () => [{ address: '127.0.0.1', family: 4 }] } },
  })
  const bia = await newDevice(other.url)
  await bia.ready()
  const { registration } = subscribe(named)
  expect((await bia.send('PUT', '/v1/push', registration)).status).toBe(204)
  await deposit(other.url, bia.account, bia.deliveryKey, depositBody([{ wake: Wake.NOTIFY }]))
  await until('the push', () => named.pushes.length === 1)
})

test('nothing of anybody is in metrics or payload keys', async () => {
  await give({ preview: randomBytes(8) })
  const payload = await payloadOf(browser)
  expect(Object.keys(payload).sort()).toEqual(['kind', 'preview', 'token'])
  expect(fromBase64Url(payload.token)).toHaveLength(32)
  const text = await (await fetch(`${relay.url}/metrics`)).text()
  for (const secret of [ana.account, browser.token, payload.token, 'localhost'])
    expect(text).not.toContain(secret)
})
