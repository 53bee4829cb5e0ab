/** Devices that are connected have a message while it is still on its way to the disk. */
import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import type { Libp2p } from '@libp2p/interface'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sqliteFile } from '../../../relay-server/db/sqlite-file.ts'
import { fromHex, toBase64Url, toHex } from '../../../src/lib/bytes.ts'
import { sha256 } from '../../../src/protocol/sha256.ts'
import { until } from '../../support/until.ts'
import { codeOf, deposit, depositBody, newDevice, type Device } from './kit/device.ts'
import { caughtUp, newPeer, openMailbox, type MailboxClient } from './kit/peer.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

/** Envelopes that a mailbox takes. */
const ROOM = 60
let relay: TestRelay
const peers: Libp2p[] = []

beforeAll(async () => {
  relay = await startTestRelay({ limits: { mailboxCount: ROOM } })
})
afterAll(async () => {
  await Promise.all(peers.map(async (peer) => peer.stop()))
  await relay[Symbol.asyncDispose]()
})

/** Until it is disposed of, nothing can be written. */
const blockDisk = (): Disposable => {
  const db = new DatabaseSync(sqliteFile(relay.dataDir))
  db.exec('BEGIN IMMEDIATE')
  return { [Symbol.dispose]: () => db.close() }
}
const give = (to: Device, id: Uint8Array, key = to.deliveryKey): Promise<Response> =>
  deposit(relay.url, to.account, key, depositBody([{ id }]))
const has = (client: MailboxClient, id: Uint8Array): Promise<boolean> =>
  until('it arrives', () => client.deliveredIds().includes(toHex(id)))
const acknowledge = (client: MailboxClient, ids: readonly string[]): void =>
  client.send({ case: 'ack', value: { ids: ids.flatMap((id) => fromHex(id) ?? []) } })

const connect = async (device: Device): Promise<MailboxClient> => {
  const peer = await newPeer()
  peers.push(peer)
  const client = await openMailbox(peer, relay.url, device)
  await caughtUp(client)
  return client
}

/** A device that is connected, and has had a message by its delivery key. */
const newConnected = async (): Promise<{ device: Device; client: MailboxClient }> => {
  const device = await newDevice(relay.url)
  await device.ready()
  const client = await connect(device)
  const id = randomBytes(16)
  expect((await give(device, id)).status).toBe(200)
  await has(client, id)
  acknowledge(client, [toHex(id)])
  await until('it is deleted', () => client.deletedIds().includes(toHex(id)))
  return { device, client }
}

test('a message arrives though it cannot be stored; its sender is not told that it was, and offers it again', async () => {
  const { device, client } = await newConnected()
  const id = randomBytes(16)
  {
    using _blocked = blockDisk()
    expect((await give(device, id)).status).toBe(503)
    await has(client, id)
  }
  expect(await (await give(device, id)).json()).toEqual({ stored: 1, forwarded: 1 })
  await until(
    'it is there again',
    () => client.deliveredIds().filter((one) => one === toHex(id)).length === 2
  )
  acknowledge(client, [toHex(id)])
  await until('it is deleted', () => client.deletedIds().includes(toHex(id)))
  expect((await device.fetchMailbox()).deliveries).toEqual([])
})

test('what is acknowledged at once is deleted, however long storing takes', async () => {
  const { device, client } = await newConnected()
  client.stream.addEventListener('message', () => {
    const { frame } = client.frames.at(-1) ?? {}
    if (frame?.case === 'delivery') acknowledge(client, [toHex(frame.value.envelope?.id ?? new Uint8Array())])
  })
  const ids = Array.from({ length: ROOM }, () => randomBytes(16))
  const answers = await Promise.all(ids.map((id) => give(device, id)))
  await until('all are deleted', () => ids.every((id) => client.deletedIds().includes(toHex(id))))
  expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  expect((await device.fetchMailbox()).deliveries).toEqual([])
  expect(new Set(client.deliveredIds()).size).toBe(client.deliveredIds().length)
})

test('what a device got ahead and did not acknowledge waits for it', async () => {
  const { device, client } = await newConnected()
  const id = randomBytes(16)
  expect((await give(device, id)).status).toBe(200)
  await has(client, id)
  await client.close()
  const again = await connect(device)
  expect(again.deliveredIds()).toEqual([toHex(id)])
})

test('a key that was replaced gives nothing ahead, nor does a request', async () => {
  const { device, client } = await newConnected()
  const [old, asked, good] = [randomBytes(16), randomBytes(16), randomBytes(16)]
  const next = randomBytes(32)
  const keys = [
    { hash: toBase64Url(sha256(next)), kind: 'delivery', expiresAt: null },
    { hash: toBase64Url(sha256(device.requestAccessKey)), kind: 'request', expiresAt: null },
  ]
  expect((await device.send('PUT', '/v1/keys', { keys })).status).toBe(204)
  expect(await codeOf(await give(device, old))).toBe('forbidden')
  expect((await give(device, randomBytes(16), next)).status).toBe(200)
  {
    using _blocked = blockDisk()
    expect((await give(device, asked, device.requestAccessKey)).status).toBe(503)
  }
  expect((await give(device, good, next)).status).toBe(200)
  await has(client, good)
  for (const id of [old, asked]) expect(client.deliveredIds()).not.toContain(toHex(id))
})

test('a message that cannot be stored is offered again, and arrives again under its id', async () => {
  const { device, client } = await newConnected()
  const waiting = Array.from({ length: ROOM }, () => randomBytes(16))
  const answers = await Promise.all(waiting.map((one) => give(device, one)))
  expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  const id = randomBytes(16)
  expect(await codeOf(await give(device, id))).toBe('quota')
  await has(client, id)
  acknowledge(client, [...waiting, id].map(toHex))
  await until('there is room', () => client.deletedIds().includes(toHex(id)))
  expect((await give(device, id)).status).toBe(200)
  await until(
    'it is there again',
    () => client.deliveredIds().filter((one) => one === toHex(id)).length === 2
  )
})
