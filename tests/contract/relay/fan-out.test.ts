/** One upload of a sealed-sender message for many. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Libp2p } from '@libp2p/interface'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import * as v from 'valibot'
import { RELAY_LIMITS } from '../../../relay-server/limits.ts'
import { toHex } from '../../../src/lib/bytes.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { FannedOutSchema, type FannedOut } from '../../../src/protocol/relay-api.ts'
import { until } from '../../support/until.ts'
import { codeOf, newDevice, type Device } from './kit/device.ts'
import { fanOut, type To } from './kit/fan-out.ts'
import { caughtUp, newPeer, openMailbox } from './kit/peer.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

let relay: TestRelay
const peers: Libp2p[] = []
beforeAll(async () => {
  const rates = { ...RELAY_LIMITS.rates, deposits: { points: 4, per: 60 * 60 * 1000 } }
  relay = await startTestRelay({ limits: { mailboxCount: 3, rates } })
})
afterEach(async () => {
  await Promise.all(peers.splice(0).map(async (peer) => peer.stop()))
})
afterAll(() => relay[Symbol.asyncDispose]())

const newReady = async (): Promise<Device> => {
  const device = await newDevice(relay.url)
  await device.ready()
  return device
}
const random = (size: number) => new Uint8Array(randomBytes(size))
const send = (body: Uint8Array, url = relay.url): Promise<Response> =>
  fetch(`${url}/v1/mailboxes`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(body),
  })
const sent = async (to: readonly To[]): Promise<FannedOut> => {
  const response = await send(fanOut(to))
  expect(response.status).toBe(200)
  return v.parse(FannedOutSchema, await response.json())
}

test('each device gets its own part, and a connected one at once', async () => {
  const [ana, bia] = [await newReady(), await newReady()]
  const peer = await newPeer()
  peers.push(peer)
  const client = await openMailbox(peer, relay.url, ana)
  await caughtUp(client)
  const id = random(16)
  const to = [
    { account: ana.account, key: ana.deliveryKey, id },
    { account: bia.account, key: bia.deliveryKey, id },
  ]
  expect(await sent(to)).toEqual({
    recipients: [
      { code: 'stored', stored: 1 },
      { code: 'stored', stored: 1 },
    ],
    forwarded: 1,
  })
  await until('it arrives', () => client.deliveredIds().includes(toHex(id)))
  const [delivery] = (await bia.fetchMailbox()).deliveries
  const mine = client.frames.flatMap(({ frame }) => (frame.case === 'delivery' ? [frame.value] : []))[0]
  expect(delivery?.request).toBe(false)
  expect(delivery?.envelope?.body.length).toBe(mine?.envelope?.body.length)
  expect(delivery?.envelope?.body).not.toEqual(mine?.envelope?.body)
  // A repeat is stored already, and takes no room.
  expect((await sent(to)).recipients.map(({ code }) => code)).toEqual(['stored', 'stored'])
  expect((await bia.fetchMailbox()).deliveries).toHaveLength(1)
})

test('errors are each recipient’s own, and tell nothing of others', async () => {
  const [ana, bia, caio, dora] = [await newReady(), await newReady(), await newReady(), await newReady()]
  await caio.send('PUT', `/v1/lists/${caio.locator}`, await caio.record(4))
  for (let count = 0; count < 3; count++) await sent([{ account: dora.account, key: dora.deliveryKey }])
  const { recipients } = await sent([
    { account: ana.account, key: ana.deliveryKey, devices: [1, 2] },
    { account: bia.account, key: ana.deliveryKey },
    { account: randomUUID(), key: ana.deliveryKey },
    // A key for strangers is for one small message at a time.
    { account: bia.account.replace(/^./, (digit) => (digit === '0' ? '1' : '0')), key: bia.requestAccessKey },
    { account: caio.account, key: caio.deliveryKey, listRevision: 3 },
    { account: dora.account, key: dora.deliveryKey },
  ])
  expect(recipients).toEqual([
    { code: 'not-found', stored: 1 },
    { code: 'forbidden', stored: 0 },
    { code: 'forbidden', stored: 0 },
    { code: 'forbidden', stored: 0 },
    { code: 'list-changed', stored: 0, listRevision: 4 },
    { code: 'quota', stored: 0 },
  ])
  expect((await sent([{ account: bia.account, key: bia.requestAccessKey }])).recipients[0]?.code).toBe(
    'forbidden'
  )
  expect((await bia.fetchMailbox()).deliveries).toEqual([])
})

test('one recipient whose key is used too often keeps the message from nobody else', async () => {
  const [ana, bia] = [await newReady(), await newReady()]
  const [toAna, toBia] = [
    { account: ana.account, key: ana.deliveryKey, id: random(16) },
    { account: bia.account, key: bia.deliveryKey },
  ]
  // Keys that open nothing are not counted: whoever makes them up takes nothing of anybody's.
  for (let count = 0; count < 6; count++)
    await sent([
      { ...toAna, key: random(32) },
      { ...toAna, account: randomUUID() },
    ])
  for (let count = 0; count < 4; count++) expect((await sent([toAna])).recipients[0]?.code).toBe('stored')
  expect((await sent([toAna, toBia])).recipients).toEqual([
    { code: 'rate-limited', stored: 0 },
    { code: 'stored', stored: 1 },
  ])
})

test('a message for many weighs as many as it is for', async () => {
  const rates = { ...RELAY_LIMITS.rates, fanOuts: { points: 5, per: 60 * 60 * 1000 } }
  await using small = await startTestRelay({ limits: { rates } })
  const many = (count: number): Promise<Response> => {
    const to = Array.from({ length: count }, () => ({ account: randomUUID(), key: random(32) }))
    return send(fanOut(to), small.url)
  }
  expect((await many(3)).status).toBe(200)
  const refused = await many(3)
  expect([refused.status, await codeOf(refused)]).toEqual([429, 'rate-limited'])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('a thousand devices in one request', async () => {
  const ana = await newReady()
  const others = Array.from({ length: LIMITS.fanOutDevices - 1 }, () => ({
    account: randomUUID(),
    key: random(32),
  }))
  const { recipients } = await sent([...others, { account: ana.account, key: ana.deliveryKey }])
  expect(recipients).toHaveLength(LIMITS.fanOutDevices)
  expect(recipients.at(-1)).toEqual({ code: 'stored', stored: 1 })
  const tooMany = await send(
    fanOut([...others, ...others.slice(0, 2).map(({ key }) => ({ account: randomUUID(), key }))])
  )
  expect([tooMany.status, await codeOf(tooMany)]).toEqual([400, 'malformed'])
})

test('what is no such message is refused as that', async () => {
  const ana = await newReady()
  const to = { account: ana.account, key: ana.deliveryKey }
  const bad: Uint8Array[] = [
    new Uint8Array(),
    random(200),
    fanOut([]),
    fanOut([{ ...to, key: random(31) }]),
    fanOut([{ ...to, id: random(15) }]),
    fanOut([{ ...to, devices: [128] }]),
    fanOut([to, to]),
  ]
  for (const body of bad) {
    const response = await send(body)
    expect([response.status, await codeOf(response)]).toEqual([400, 'malformed'])
  }
  const many = Array.from({ length: 300 }, () => ({ account: randomUUID(), key: random(32) }))
  expect((await send(fanOut(many, 60_000))).status).toBe(413)
  expect((await send(random(LIMITS.fanOutUploadBytes + 1))).status).toBe(413)
})
