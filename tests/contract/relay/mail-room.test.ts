/** A relay without room for more mail says so, keeps what it has, and goes on when there is room again. */
import { expect, test } from 'vitest'
import { toHex } from '../../../src/lib/bytes.ts'
import { until } from '../../support/until.ts'
import { codeOf, deposit, depositBody, newDevice, type Device } from './kit/device.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

const readyAt = async (relay: TestRelay): Promise<Device> => {
  const device = await newDevice(relay.url)
  await device.ready()
  return device
}
const give = (relay: TestRelay, to: Device): Promise<Response> =>
  deposit(relay.url, to.account, to.deliveryKey, depositBody([{ body: new Uint8Array(2_000) }]))

test('all mail together takes no more than it may', async () => {
  await using relay = await startTestRelay({
    config: { mail: { capacity: 3_000, diskFloor: 0 } },
    limits: { mailRoomEvery: 20 },
  })
  const [ana, bia] = [await readyAt(relay), await readyAt(relay)]
  expect((await give(relay, ana)).status).toBe(200)
  await until('there is no room', async () => (await give(relay, bia)).status === 503)
  const refused = await give(relay, bia)
  expect([refused.status, await codeOf(refused)]).toEqual([503, 'unavailable'])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  const many = await fetch(`${relay.url}/v1/mailboxes`, { method: 'POST', body: new Uint8Array(9) })
  expect([many.status, await codeOf(many)]).toEqual([503, 'unavailable'])
  // What waits is fetched and acknowledged as ever.
  const { deliveries } = await bia.fetchMailbox()
  expect(deliveries.length).toBeGreaterThan(0)
  const ids = deliveries.map(({ envelope }) => toHex(envelope?.id ?? new Uint8Array()))
  expect((await bia.send('POST', '/v1/mailbox/ack', { ids })).status).toBe(204)
  await until('there is room again', async () => (await give(relay, ana)).status === 200)
})

test('mail leaves the disk its floor', async () => {
  await using relay = await startTestRelay({
    config: { mail: { capacity: null, diskFloor: Number.MAX_SAFE_INTEGER } },
  })
  const ana = await readyAt(relay)
  expect((await give(relay, ana)).status).toBe(503)
  expect((await ana.fetchMailbox()).deliveries).toEqual([])
})
