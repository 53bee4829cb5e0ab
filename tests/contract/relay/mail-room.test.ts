/** A relay without room for more says so, keeps what it has, and goes on when there is room again. */
import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import type { RelayConfig } from '../../../relay-server/config.ts'
import { openRoom } from '../../../relay-server/room.ts'
import { toHex } from '../../../src/lib/bytes.ts'
import { until } from '../../support/until.ts'
import { codeOf, deposit, depositBody, newDevice, preKeyUpload, type Device } from './kit/device.ts'
import { configOf, startTestRelay, type TestRelay } from './kit/relay.ts'
import { newBlob, newUploader } from './kit/uploader.ts'

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
    limits: { roomEvery: 20 },
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

/** A floor of which the disk of the data folder has so many free, about: whatever else is written there meanwhile. */
const floorsFree = async (between: number): Promise<RelayConfig['mail']> => {
  const { bavail, bsize } = await statfs(tmpdir())
  return { capacity: null, diskFloor: Math.floor((bavail * bsize) / between) }
}

test('attachments on the disk leave twice the floor, so that mail goes on', async () => {
  await using relay = await startTestRelay({ config: { mail: await floorsFree(1.5) } })
  const ana = await readyAt(relay)
  const uploader = await newUploader(relay.url, ana)
  const blob = newBlob(4_096)
  for (const refused of [await uploader.begin(blob), await uploader.piece(blob.id, 0, blob.bytes)])
    expect([refused.status, await codeOf(refused)]).toEqual([503, 'unavailable'])
  expect((await give(relay, ana)).status).toBe(200)
})

test('mail leaves half the floor to keys of devices, and they leave the rest', async () => {
  const upload = async (mail: RelayConfig['mail']): Promise<readonly number[]> => {
    await using relay = await startTestRelay({ config: { mail } })
    const ana = await readyAt(relay)
    const put = await ana.send('PUT', '/v1/prekeys', preKeyUpload(1, 2))
    if (put.status === 503) expect(await codeOf(put)).toBe('unavailable')
    return [(await give(relay, ana)).status, put.status]
  }
  expect(await upload(await floorsFree(0.75))).toEqual([503, 200])
  expect(await upload(await floorsFree(0.25))).toEqual([503, 503])
})

test('what lies elsewhere takes nothing of the disk', async () => {
  const mail = { capacity: null, diskFloor: Number.MAX_SAFE_INTEGER }
  const isRefused = async (config: Partial<RelayConfig>): Promise<readonly boolean[]> => {
    const room = await openRoom({
      mailbox: { bytes: async () => 0 },
      config: configOf(tmpdir(), { config: { mail, ...config } }),
      changed: () => {},
    })
    room.stop()
    return [room.checkMail, room.checkBlobs, room.checkPreKeys].map((check) => {
      try {
        check()
        return false
      } catch {
        return true
      }
    })
  }
  const s3 = { url: 'http://127.0.0.1:9/bucket', key: 'key', secret: 'secret', region: 'auto' }
  const databaseUrl = 'postgres://127.0.0.1:9/relay'
  const blobs = { capacity: 1, ttl: 1, s3 }
  expect(await isRefused({})).toEqual([true, true, true])
  expect(await isRefused({ databaseUrl })).toEqual([false, true, false])
  expect(await isRefused({ blobs })).toEqual([true, false, true])
  expect(await isRefused({ databaseUrl, blobs })).toEqual([false, false, false])
})
