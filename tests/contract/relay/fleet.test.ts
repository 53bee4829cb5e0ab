/** Several relays over one PostgreSQL and one Redis, real ones, behave as one. */
import { randomBytes } from 'node:crypto'
import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { RelayConfig } from '../../../relay-server/config.ts'
import { RELAY_LIMITS, type RelayLimits } from '../../../relay-server/limits.ts'
import type { RelayOptions } from '../../../relay-server/relay.ts'
import { toBase64Url, toHex } from '../../../src/lib/bytes.ts'
import { Wake } from '../../../src/protocol/gen/wire_pb.js'
import { startPostgres, type PostgresServer } from '../../support/postgres-server.ts'
import { startPushServer, subscribe, type PushServer } from '../../support/push-service.ts'
import { startRedis, type RedisServer } from '../../support/redis-server.ts'
import { startS3Server } from '../../support/s3-server.ts'
import { PATIENCE, until } from '../../support/until.ts'
import { codeOf, deposit, depositBody, newDevice, type Device } from './kit/device.ts'
import {
  caughtUp,
  dialRelay,
  infoOf,
  newCircuitPeer,
  newPeer,
  openMailbox,
  type MailboxClient,
} from './kit/peer.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'
import { bytesOf, fetchBlob, newBlob, newUploader, PIECE, uploaderWith } from './kit/uploader.ts'

const HOUR = 60 * 60 * 1000
let postgres: PostgresServer
let redis: RedisServer
let databaseUrl: string
let relays: TestRelay[] = []
const peers: Libp2p[] = []

beforeAll(async () => {
  ;[postgres, redis] = await Promise.all([startPostgres(), startRedis()])
}, 60_000)
beforeEach(async () => {
  databaseUrl = await postgres.newDatabase()
})
afterEach(async () => {
  await Promise.all(peers.splice(0).map(async (peer) => peer.stop()))
  for (const relay of relays) await relay[Symbol.asyncDispose]()
  relays = []
})
afterAll(async () => {
  await postgres[Symbol.asyncDispose]()
  await redis[Symbol.asyncDispose]()
})

/** Two relays; word between them comes by Redis alone unless told. */
const startTwo = async (
  limits: Partial<RelayLimits> = {},
  publicUrl: URL | null = null,
  config: Partial<RelayConfig> = {},
  options: RelayOptions = {}
) => {
  const start = (): Promise<TestRelay> =>
    startTestRelay({
      config: { databaseUrl, redisUrl: redis.url, publicUrl, ...config },
      limits: { lookEvery: HOUR, lookOftenEvery: HOUR, ...limits },
      options,
    })
  const [a, b] = [await start(), await start()]
  relays = [a, b]
  return { a, b }
}
/** Two that push to a service of this machine. */
const startPushingTwo = (service: PushServer) =>
  startTwo(
    { presenceWait: PATIENCE },
    null,
    { pushPrivateHosts: new Set([`localhost:${service.port}`]) },
    { push: { ca: service.ca } }
  )
const readyAt = async (relay: TestRelay): Promise<Device> => {
  const device = await newDevice(relay.url)
  await device.ready()
  return device
}
const connect = async (relay: TestRelay, device: Device): Promise<MailboxClient> => {
  const peer = await newPeer()
  peers.push(peer)
  const client = await openMailbox(peer, relay.url, device)
  await caughtUp(client)
  return client
}
const give = async (relay: TestRelay, to: Device) => {
  const id = randomBytes(16)
  const response = await deposit(relay.url, to.account, to.deliveryKey, depositBody([{ id }]))
  const { forwarded } = (await response.json()) as { forwarded: number }
  return { id: toHex(id), status: response.status, forwarded }
}
const arrives = (client: MailboxClient, id: string): Promise<boolean> =>
  until('it arrives', () => client.deliveredIds().includes(id))

test('a device connected to one gets at once what was deposited at the other', async () => {
  const { a, b } = await startTwo({ presenceWait: PATIENCE })
  const ana = await readyAt(b)
  const client = await connect(a, ana)
  const { id, forwarded } = await give(b, ana)
  expect(forwarded).toBe(1)
  await arrives(client, id)
  client.send({ case: 'ack', value: { ids: [Buffer.from(id, 'hex')] } })
  await until('it is deleted', () => client.deletedIds().includes(id))
  expect((await newestOf(b, ana)).length).toBe(0)
  await client.close()
  await until('both know that it left', async () => (await give(b, ana)).forwarded === 0)
})

test('who is connected to one is not woken for what was deposited at the other; who has left is, by any', async () => {
  await using service = await startPushServer()
  const { a, b } = await startPushingTwo(service)
  const ana = await readyAt(b)
  const browser = subscribe(service)
  expect((await ana.send('PUT', '/v1/push', browser.registration)).status).toBe(204)
  const wake = (relay: TestRelay, more: { id?: Uint8Array; preview?: Uint8Array }) =>
    deposit(relay.url, ana.account, ana.deliveryKey, depositBody([{ wake: Wake.NOTIFY, ...more }]))
  const client = await connect(a, ana)
  const id = randomBytes(16)
  expect(await (await wake(b, { id })).json()).toMatchObject({ forwarded: 1 })
  await arrives(client, toHex(id))
  client.send({ case: 'ack', value: { ids: [id] } })
  await until('it is deleted', () => client.deletedIds().includes(toHex(id)))
  await client.close()
  await until('both know that it left', async () => (await give(b, ana)).forwarded === 0)
  const preview = randomBytes(20)
  await wake(a, { preview })
  const push = await until('the push', () => service.pushes[0])
  expect(JSON.parse(browser.open(push))).toMatchObject({ preview: toBase64Url(preview) })
})

const newestOf = async (relay: TestRelay, device: Device) => {
  const there = await device.signed('GET', '/v1/mailbox')
  const at = { ...there, url: `${relay.url}/v1/mailbox` }
  expect(at.url).toBe(there.url)
  return (await device.fetchMailbox()).deliveries
}

test('a device that connects to the other leaves the first', async () => {
  const { a, b } = await startTwo()
  const ana = await readyAt(a)
  const first = await connect(a, ana)
  const second = await connect(b, ana)
  await until('the first ends', () => first.refused() === 'replaced')
  const { id } = await give(a, ana)
  await arrives(second, id)
  expect(first.deliveredIds()).not.toContain(id)
})

test('a device that moved to the other and left counts as away: it is pushed to, however often the first says who is there', async () => {
  await using service = await startPushServer()
  const { a, b } = await startPushingTwo(service)
  const [ana, bia] = [await readyAt(a), await readyAt(a)]
  expect((await ana.send('PUT', '/v1/push', subscribe(service).registration)).status).toBe(204)
  const first = await connect(a, ana)
  await connect(a, bia)
  const second = await connect(b, ana)
  await until('the first ends', () => first.refused() === 'replaced')
  await second.close()
  await until('both know that it left', async () => (await give(b, ana)).forwarded === 0)
  // An empty Redis is told by each relay who is connected to it, in the order of their coming.
  await redis.kill()
  await redis.start()
  await until('bia is named again', async () => (await give(b, bia)).forwarded === 1)
  const mail = depositBody([{ wake: Wake.NOTIFY }])
  const response = await deposit(b.url, ana.account, ana.deliveryKey, mail)
  expect(await response.json()).toMatchObject({ forwarded: 0 })
  await until('the push', () => service.pushes[0])
})

test('Redis killed: mail arrives by looking; Redis back: at once again', async () => {
  const { a, b } = await startTwo({ lookOftenEvery: 200 })
  const ana = await readyAt(a)
  const client = await connect(a, ana)
  await redis.kill()
  const during = await give(b, ana)
  expect(during).toMatchObject({ status: 200, forwarded: 0 })
  await arrives(client, during.id)
  await redis.start()
  await until('presence is back', async () => (await give(b, ana)).forwarded === 1)
  const after = await give(b, ana)
  await arrives(client, after.id)
})

test('PostgreSQL gone: a clear 503, and back when it is', async () => {
  const { a, b } = await startTwo()
  const ana = await readyAt(a)
  await postgres.stop()
  for (const relay of [a, b]) {
    const response = await deposit(relay.url, ana.account, ana.deliveryKey, depositBody([{}]))
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await codeOf(response)).toBe('unavailable')
    // A balancer sends nobody here, and no supervisor restarts what a restart does not mend.
    const readiness = await fetch(`${relay.url}/readyz`)
    expect([readiness.status, await readiness.json()]).toEqual([503, { ok: false, reason: 'store' }])
    expect((await fetch(`${relay.url}/healthz`)).status).toBe(200)
  }
  await postgres.start()
  await until('it is ready again', async () => (await fetch(`${a.url}/readyz`)).status === 200)
  await until('deposits are taken', async () => (await give(b, ana)).status === 200)
})

test('an upload begun at one goes on at the other, over one bucket', async () => {
  await using s3 = await startS3Server()
  const blobs = { capacity: 100_000_000, ttl: HOUR, s3 }
  const { a, b } = await startTwo({}, null, { blobs })
  const token = randomBytes(32)
  const ana = await readyAt(a)
  const blob = newBlob(2 * PIECE)
  const [first, second] = [await newUploader(a.url, ana, token), uploaderWith(b.url, token)]
  await first.begin(blob)
  expect((await first.piece(blob.id, 0, blob.bytes.subarray(0, PIECE))).status).toBe(200)
  expect(await (await second.begin(blob)).json()).toEqual({ received: PIECE, size: 2 * PIECE })
  expect((await second.piece(blob.id, PIECE, blob.bytes.subarray(PIECE))).status).toBe(200)
  expect(Buffer.compare(await bytesOf(await fetchBlob(a.url, blob.id)), blob.bytes)).toBe(0)
})

test('a signed request that one has taken is used up for the other', async () => {
  const { a, b } = await startTwo({}, new URL('http://chat.example'))
  const ana = await newDevice('http://chat.example')
  const registration = await ana.signed('POST', '/v1/devices', {
    accountId: ana.account,
    deviceId: 1,
    requestKey: Buffer.from(ana.requestKey.publicKey).toString('base64url'),
    publishKey: Buffer.from(ana.publishKey.publicKey).toString('base64url'),
  })
  const send = (relay: TestRelay): Promise<Response> =>
    fetch(`${relay.url}/v1/devices`, {
      method: 'POST',
      headers: registration.headers,
      body: new Uint8Array(registration.body ?? []),
    })
  expect((await send(a)).status).toBe(201)
  expect((await send(b)).status).toBe(401)
})

test('limits are counted together', async () => {
  const rates = { ...RELAY_LIMITS.rates, deposits: { points: 3, per: HOUR } }
  const { a, b } = await startTwo({ rates })
  const ana = await readyAt(a)
  const statuses: number[] = []
  for (const relay of [a, b, a, b]) statuses.push((await give(relay, ana)).status)
  expect(statuses).toEqual([200, 200, 200, 429])
})

test('a peer connected to one reaches a device connected to the other over that one’s own address', async () => {
  const { a, b } = await startTwo()
  const circuitPeer = async (): Promise<Libp2p> => {
    const peer = await newCircuitPeer()
    peers.push(peer)
    return peer
  }
  const [ana, bia] = [await circuitPeer(), await circuitPeer()]
  await dialRelay(ana, a.url)
  await dialRelay(bia, b.url)
  const isReserved = (peer: Libp2p): boolean =>
    peer.getMultiaddrs().some((address) => address.toString().includes('p2p-circuit'))
  await until('both have reservations', () => isReserved(ana) && isReserved(bia))
  const { addresses } = await infoOf(b.url)
  const connection = await ana.dial(multiaddr(`${addresses[0]}/p2p-circuit/p2p/${bia.peerId.toString()}`))
  expect(connection.remotePeer.equals(bia.peerId)).toBe(true)
})
