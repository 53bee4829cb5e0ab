import { afterAll, beforeAll, expect, test } from 'vitest'
import { fromBase64Url, toBase64Url } from '../../../src/lib/bytes.ts'
import { StaleListSchema } from '../../../src/protocol/relay-api.ts'
import * as v from 'valibot'
import { codeOf, deposit, depositBody, newDevice, sealedRecord, type Device } from './kit/device.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

let relay: TestRelay
let ana: Device

beforeAll(async () => {
  relay = await startTestRelay()
  ana = await newDevice(relay.url)
  await ana.ready()
})
afterAll(() => relay[Symbol.asyncDispose]())

const put = async (device: Device, record: Uint8Array, locator = device.locator): Promise<Response> =>
  device.send('PUT', `/v1/lists/${locator}`, record)
const stored = async (locator: string): Promise<string> =>
  toBase64Url(new Uint8Array(await (await fetch(`${relay.url}/v1/lists/${locator}`)).arrayBuffer()))

test('a list is stored, renewed and read by anyone, and never goes back', async () => {
  const [first, second] = [await ana.record(1), await ana.record(2)]
  expect((await fetch(`${relay.url}/v1/lists/${ana.locator}`)).status).toBe(404)
  expect((await put(ana, first)).status).toBe(204)
  expect((await put(ana, second)).status).toBe(204)
  expect((await put(ana, second)).status).toBe(204)
  const old = await put(ana, first)
  expect(old.status).toBe(409)
  const stale = v.parse(StaleListSchema, await old.json())
  expect(fromBase64Url(stale.record)).toEqual(second)
  // The same revision with other content is a fork, not a renewal.
  expect((await put(ana, await ana.record(2, 'fork'))).status).toBe(409)
  expect(await stored(ana.locator)).toBe(toBase64Url(second))
  await relay.restart()
  expect(await stored(ana.locator)).toBe(toBase64Url(second))
})

test('only the account’s own publish key writes, and only where it was first', async () => {
  const bia = await newDevice(relay.url)
  await bia.ready()
  const foreign = await sealedRecord(ana.publishKey, bia.locator, 1, new Uint8Array(9))
  expect((await put(bia, foreign)).status).toBe(403)
  // A good record of hers at a place that is Ana's.
  const squat = await sealedRecord(bia.publishKey, ana.locator, 99, new Uint8Array(9))
  const response = await put(bia, squat, ana.locator)
  expect(response.status).toBe(403)
  expect(await codeOf(response)).toBe('forbidden')
  // A record signed for another place.
  expect((await put(bia, await bia.record(1), 'ab'.repeat(32))).status).toBe(403)
})

test('malformed places and records are told as such', async () => {
  expect((await fetch(`${relay.url}/v1/lists/xyz`)).status).toBe(400)
  expect((await put(ana, new Uint8Array([1, 2, 3]))).status).toBe(400)
  expect((await put(ana, new Uint8Array(73_729))).status).toBe(413)
})

test('a deposit for an older list is answered with the newer one', async () => {
  const bia = await newDevice(relay.url)
  await bia.ready()
  const record = await bia.record(5)
  expect((await put(bia, record)).status).toBe(204)
  const response = await deposit(
    relay.url,
    bia.account,
    bia.deliveryKey,
    depositBody([{}], { listRevision: 4 })
  )
  expect(response.status).toBe(409)
  expect(fromBase64Url(v.parse(StaleListSchema, await response.json()).record)).toEqual(record)
  const good = await deposit(relay.url, bia.account, bia.deliveryKey, depositBody([{}], { listRevision: 5 }))
  expect(good.status).toBe(200)
})
