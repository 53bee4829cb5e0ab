import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toHex } from '../../../src/lib/bytes.ts'
import { until } from '../../support/until.ts'
import { codeOf, deposit, depositBody, newDevice, type Device } from './kit/device.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

const LIMITS = {
  mailboxCount: 30,
  mailboxBytes: 400_000,
  pageEnvelopes: 7,
  pageBytes: 150_000,
  sweepBatch: 3,
}
let relay: TestRelay

beforeAll(async () => {
  relay = await startTestRelay({ limits: LIMITS })
})
afterAll(() => relay[Symbol.asyncDispose]())

const newReady = async (): Promise<Device> => {
  const device = await newDevice(relay.url, 1, relay.clock.now)
  await device.ready()
  return device
}
const give = (to: Device, ...args: Parameters<typeof depositBody>): Promise<Response> =>
  deposit(relay.url, to.account, to.deliveryKey, depositBody(...args))
const idsOf = async (device: Device): Promise<string[]> => {
  const page = await device.fetchMailbox()
  return page.deliveries.map(({ envelope }) => toHex(envelope?.id ?? new Uint8Array()))
}

describe('a mailbox', () => {
  test('gives everything unacknowledged, in order, and forgets what was acknowledged', async () => {
    const ana = await newReady()
    const ids = Array.from({ length: 10 }, () => randomBytes(16))
    for (const id of ids)
      expect(await (await give(ana, [{ id }])).json()).toEqual({ stored: 1, forwarded: 0 })
    const page = await ana.fetchMailbox()
    expect(page.more).toBe(true)
    expect(page.deliveries.every(({ request }) => !request)).toBe(true)
    const first = await idsOf(ana)
    expect(first).toEqual(ids.slice(0, 7).map(toHex))
    expect((await ana.send('POST', '/v1/mailbox/ack', { ids: first })).status).toBe(204)
    const rest = await ana.fetchMailbox()
    expect(rest.more).toBe(false)
    expect(await idsOf(ana)).toEqual(ids.slice(7).map(toHex))
  })

  test('a repeated envelope counts as stored and is there once', async () => {
    const ana = await newReady()
    const id = randomBytes(16)
    for (const _ of [1, 2])
      expect(await (await give(ana, [{ id }, { id }])).json()).toMatchObject({ stored: 2 })
    expect(await idsOf(ana)).toEqual([toHex(id)])
  })

  test('nobody else reads or acknowledges', async () => {
    const [ana, bia] = [await newReady(), await newReady()]
    const id = randomBytes(16)
    await give(ana, [{ id }])
    expect(await idsOf(bia)).toEqual([])
    expect((await bia.send('POST', '/v1/mailbox/ack', { ids: [toHex(id)] })).status).toBe(204)
    expect(await idsOf(ana)).toEqual([toHex(id)])
  })

  test('stores what fits and says how much; nothing at all is a refusal', async () => {
    const ana = await newReady()
    expect(await (await give(ana, [{ device: 1 }, { device: 9 }])).json()).toMatchObject({ stored: 1 })
    const none = await give(ana, [{ device: 9 }])
    expect(none.status).toBe(404)
    expect(await codeOf(none)).toBe('not-found')
  })

  test('has a quota by count and by bytes, which acknowledging frees', async () => {
    const ana = await newReady()
    await give(
      ana,
      Array.from({ length: 30 }, () => ({}))
    )
    expect(await codeOf(await give(ana, [{}]))).toBe('quota')
    expect((await ana.send('POST', '/v1/mailbox/ack', { ids: await idsOf(ana) })).status).toBe(204)
    expect((await give(ana, [{}])).status).toBe(200)

    const bia = await newReady()
    for (const _ of [1, 2, 3, 4]) expect((await give(bia, [{ body: randomBytes(98_304) }])).status).toBe(200)
    expect(await codeOf(await give(bia, [{ body: randomBytes(98_304) }]))).toBe('quota')
    // A page is bounded by bytes too.
    expect((await bia.fetchMailbox()).deliveries).toHaveLength(1)
  })

  test('what a request key brings is small, marked and counted', async () => {
    const ana = await newReady()
    const request = (body: Uint8Array): Promise<Response> =>
      deposit(relay.url, ana.account, ana.requestAccessKey, body)
    expect(await codeOf(await request(depositBody([{ body: randomBytes(8_193) }])))).toBe('too-large')
    for (let count = 0; count < 20; count++) expect((await request(depositBody([{}]))).status).toBe(200)
    expect(await codeOf(await request(depositBody([{}])))).toBe('quota')
    expect((await ana.fetchMailbox()).deliveries.every((delivery) => delivery.request)).toBe(true)
    // A stranger's flood does not keep contacts out.
    expect((await give(ana, [{}])).status).toBe(200)
  })

  test('malformed deposits', async () => {
    const ana = await newReady()
    const raw = (body: Uint8Array): Promise<Response> =>
      deposit(relay.url, ana.account, ana.deliveryKey, body)
    const wrong = [
      new Uint8Array(),
      randomBytes(100),
      depositBody([]),
      depositBody([{ device: 0 }]),
      depositBody([{ device: 128 }]),
      depositBody([{ id: randomBytes(15) }]),
      depositBody([{ body: new Uint8Array() }]),
      depositBody(Array.from({ length: 33 }, () => ({}))),
    ]
    for (const body of wrong) expect(await codeOf(await raw(body))).toBe('malformed')
    expect(await codeOf(await raw(depositBody([{ body: randomBytes(98_305) }])))).toBe('too-large')
    expect(await codeOf(await raw(new Uint8Array(1_048_577)))).toBe('too-large')
    expect(await idsOf(ana)).toEqual([])
  })

  test('malformed acknowledgements', async () => {
    const ana = await newReady()
    for (const body of [
      {},
      { ids: [] },
      { ids: ['x'] },
      { ids: Array.from({ length: 257 }, () => 'ab'.repeat(16)) },
    ]) {
      expect((await ana.send('POST', '/v1/mailbox/ack', body)).status).toBe(400)
    }
  })
})

test('envelopes end with their time to live and are swept in batches', async () => {
  const ana = await newReady()
  await give(
    ana,
    Array.from({ length: 8 }, () => ({})),
    { ttlSeconds: 60 }
  )
  const keptId = randomBytes(16)
  await give(ana, [{ id: keptId }])
  relay.clock.advance(61_000)
  expect(await idsOf(ana)).toEqual([toHex(keptId)])
  const metrics = async (): Promise<string> => (await fetch(`${relay.url}/metrics`)).text()
  // A relay sweeps when it starts, too.
  await relay.restart()
  await until('they are swept', async () => /^mepassa_envelopes_expired_total 8$/m.test(await metrics()))
  expect(await idsOf(ana)).toEqual([toHex(keptId)])
  relay.clock.advance(14 * 24 * 60 * 60 * 1000)
  expect(await idsOf(ana)).toEqual([])
})
