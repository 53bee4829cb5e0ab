import { randomBytes } from 'node:crypto'
import type { Libp2p } from '@libp2p/interface'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/lib/bytes.ts'
import { encodeFrame } from '../../../src/protocol/frames.ts'
import { until } from '../../support/until.ts'
import { deposit, depositBody, newDevice, type Device } from './kit/device.ts'
import { caughtUp, dialRelay, newPeer, openMailbox, type MailboxClient } from './kit/peer.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

let relay: TestRelay
const peers: Libp2p[] = []

beforeAll(async () => {
  relay = await startTestRelay({ limits: { window: 8 } })
})
afterEach(async () => {
  await Promise.all(peers.splice(0).map(async (peer) => peer.stop()))
})
afterAll(() => relay[Symbol.asyncDispose]())

const peer = async (): Promise<Libp2p> => {
  const made = await newPeer()
  peers.push(made)
  return made
}
const newReady = async (): Promise<Device> => {
  const device = await newDevice(relay.url)
  await device.ready()
  return device
}
const give = async (
  to: Device,
  id: Uint8Array = randomBytes(16)
): Promise<{ id: string; forwarded: number }> => {
  const response = await deposit(relay.url, to.account, to.deliveryKey, depositBody([{ id }]))
  const { forwarded } = (await response.json()) as { forwarded: number }
  return { id: toHex(id), forwarded }
}
const ack = (client: MailboxClient, ids: readonly string[]): void =>
  client.send({ case: 'ack', value: { ids: ids.flatMap((id) => fromHex(id) ?? []) } })
const has = (what: string, list: () => readonly string[], ids: readonly string[]): Promise<boolean> =>
  until(what, () => ids.every((id) => list().includes(id)))

describe('a mailbox stream', () => {
  test('gives what waited, says so, then what comes at once; acknowledging deletes', async () => {
    const ana = await newReady()
    const waiting = [(await give(ana)).id, (await give(ana)).id, (await give(ana)).id]
    const client = await openMailbox(await peer(), relay.url, ana)
    await caughtUp(client)
    expect(client.deliveredIds()).toEqual(waiting)
    expect(client.frames.at(-1)?.frame.case).toBe('caughtUp')

    const live = await give(ana)
    expect(live.forwarded).toBe(1)
    await has('the new one arrives', client.deliveredIds, [live.id])

    ack(client, [...waiting, live.id])
    await has('the relay confirms', client.deletedIds, [...waiting, live.id])
    expect((await ana.fetchMailbox()).deliveries).toEqual([])
    expect((await give(ana)).forwarded).toBe(1)
  })

  test('gives unacknowledged ones again on the next stream', async () => {
    const ana = await newReady()
    const { id } = await give(ana)
    const first = await openMailbox(await peer(), relay.url, ana)
    await caughtUp(first)
    await first.close()
    const second = await openMailbox(await peer(), relay.url, ana)
    await caughtUp(second)
    expect(second.deliveredIds()).toEqual([id])
  })

  test('keeps no more than a window in flight', async () => {
    const ana = await newReady()
    const ids: string[] = []
    for (let count = 0; count < 20; count++) ids.push((await give(ana)).id)
    const client = await openMailbox(await peer(), relay.url, ana)
    await has('the window fills', client.deliveredIds, ids.slice(0, 8))
    expect(client.caughtUp()).toBe(false)
    expect(client.deliveredIds()).toHaveLength(8)
    ack(client, ids.slice(0, 5))
    await has('room lets more through', client.deliveredIds, ids.slice(0, 13))
    expect(client.deliveredIds()).toEqual(ids.slice(0, 13))
    ack(client, ids.slice(5, 13))
    await has('the rest', client.deliveredIds, ids)
    await caughtUp(client)
    expect(client.deliveredIds()).toEqual(ids)
  })

  test('a new stream of a device takes the place of the old one', async () => {
    const ana = await newReady()
    const first = await openMailbox(await peer(), relay.url, ana)
    await caughtUp(first)
    const second = await openMailbox(await peer(), relay.url, ana)
    await caughtUp(second)
    await until('the old one is told', () => first.refused() === 'replaced' && first.ended())
    const { id, forwarded } = await give(ana)
    expect(forwarded).toBe(1)
    await has('the new one gets it', second.deliveredIds, [id])
    expect(first.deliveredIds()).toEqual([])
  })

  test('two devices at once get their own mail alone', async () => {
    const [ana, bia] = [await newReady(), await newReady()]
    const [forAna, forBia] = [
      await openMailbox(await peer(), relay.url, ana),
      await openMailbox(await peer(), relay.url, bia),
    ]
    await Promise.all([caughtUp(forAna), caughtUp(forBia)])
    const sent = await give(ana)
    await has('Ana has it', forAna.deliveredIds, [sent.id])
    ack(forBia, [sent.id])
    await has('Bia is answered', forBia.deletedIds, [sent.id])
    expect((await ana.fetchMailbox()).deliveries).toHaveLength(1)
    expect(forBia.deliveredIds()).toEqual([])
  })

  test('a device that left is not forwarded to', async () => {
    const ana = await newReady()
    const node = await peer()
    const client = await openMailbox(node, relay.url, ana)
    await caughtUp(client)
    await node.stop()
    await until('the relay notices', async () => (await give(ana)).forwarded === 0)
    expect((await ana.fetchMailbox()).deliveries.length).toBeGreaterThan(0)
  })
})

describe('a hello is refused', () => {
  test.each<[string, Parameters<typeof openMailbox>[3]]>([
    ['when it is old', { created: Date.now() - 120_000 }],
    [
      'when its signature is spoilt',
      { spoil: (hello) => hello.map((byte, index) => (index === hello.length - 1 ? byte ^ 1 : byte)) },
    ],
  ])('%s', async (_name, options) => {
    const ana = await newReady()
    const { id } = await give(ana)
    const client = await openMailbox(await peer(), relay.url, ana, options)
    await until('it is refused', () => client.refused() === 'unauthorized')
    await until('the stream ends', () => client.ended())
    expect(client.deliveredIds()).not.toContain(id)
  })

  test('when the device is not registered, or it was said over another connection', async () => {
    const stranger = await newDevice(relay.url)
    const client = await openMailbox(await peer(), relay.url, stranger)
    await until('it is refused', () => client.refused() === 'unauthorized')

    const ana = await newReady()
    let heard: Uint8Array | undefined
    const first = await openMailbox(await peer(), relay.url, ana, { spoil: (hello) => (heard = hello) })
    await caughtUp(first)
    const thief = await openMailbox(await peer(), relay.url, ana, { spoil: (own) => heard ?? own })
    await until('the replay is refused', () => thief.refused() === 'unauthorized')
    expect(first.ended()).toBe(false)
  })
})

describe('broken streams are cut, and harm nobody', () => {
  const broken: [string, (client: MailboxClient) => void][] = [
    ['an acknowledgement before the hello', (client) => ack(client, ['ab'.repeat(16)])],
    ['bytes that are no frame', (client) => client.sendRaw(encodeFrame(randomBytes(50)))],
    ['a frame that is too long', (client) => client.sendRaw(Uint8Array.of(0xff, 0xff, 0xff, 0x7f))],
    ['a frame the relay itself sends', (client) => client.send({ case: 'caughtUp', value: {} })],
  ]
  test.each(broken)('%s', async (_name, spoil) => {
    const ana = await newReady()
    const client = await openMailbox(await peer(), relay.url, ana, { silent: true })
    spoil(client)
    await until('it is cut', () => client.ended())
    const good = await openMailbox(await peer(), relay.url, ana)
    await caughtUp(good)
    expect(good.ended()).toBe(false)
  })

  test('a second hello, and an acknowledgement of nonsense', async () => {
    const ana = await newReady()
    const first = await openMailbox(await peer(), relay.url, ana)
    await caughtUp(first)
    first.send({ case: 'hello', value: {} })
    await until('it is cut', () => first.ended())
    const second = await openMailbox(await peer(), relay.url, ana)
    await caughtUp(second)
    second.send({ case: 'ack', value: { ids: [randomBytes(3)] } })
    await until('it is cut too', () => second.ended())
    expect(second.deletedIds()).toEqual([])
  })
})

test('both paths take the upgrade, others do not', async () => {
  const opens = (path: string): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = new WebSocket(relay.url.replace('http', 'ws') + path)
      socket.onopen = () => {
        socket.close()
        resolve(true)
      }
      socket.onerror = () => resolve(false)
    })
  expect(await opens('/')).toBe(true)
  expect(await opens('/p2p')).toBe(true)
  expect(await opens('/v1/info')).toBe(false)
  expect(await opens('/p2p/x')).toBe(false)
})

test('a restart loses nothing', async () => {
  const ana = await newReady()
  const { id } = await give(ana)
  const node = await peer()
  const before = await openMailbox(node, relay.url, ana)
  await caughtUp(before)
  await relay.restart()
  await until('the old stream is over', () => before.ended())
  await until(
    'the relay is there again',
    async () => (await dialRelay(await peer(), relay.url)).status === 'open'
  )
  const after = await openMailbox(await peer(), relay.url, ana)
  await caughtUp(after)
  expect(after.deliveredIds()).toEqual([id])
})
