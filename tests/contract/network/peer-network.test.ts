import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MailboxFrameSchema } from '../../../src/protocol/gen/wire_pb.js'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { until } from '../../support/until.ts'
import { deposit, depositBody } from '../relay/kit/device.ts'
import { startTestRelay, type TestRelay } from '../relay/kit/relay.ts'
import { startTestNode, type TestNode } from './kit/node.ts'

let relay: TestRelay
/** Milliseconds: sooner than a ping tells that somebody is gone. */
const WITHOUT_A_PING = 8_000
const nodes: TestNode[] = []

beforeEach(async () => {
  relay = await startTestRelay()
})
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node[Symbol.asyncDispose]()))
  await relay[Symbol.asyncDispose]()
})

const newNode = async (): Promise<TestNode> => {
  const node = await startTestNode(relay.url)
  nodes.push(node)
  return node
}
const idOf = (node: TestNode): string => {
  const local = node.local()
  if (!local) throw new Error('the node has no address')
  return local.peerId
}
/** Two nodes with a direct connection. */
const newPair = async (): Promise<[TestNode, TestNode, string, string]> => {
  const [ana, bia] = [await newNode(), await newNode()]
  const [anaAt, biaAt] = [await ana.ready(), await bia.ready()]
  bia.network.allow(anaAt.peerId)
  await until('it is reached', async () => (await ana.network.dial(biaAt)).ok)
  await until(
    'both are connected',
    () => bia.peerState(anaAt.peerId) === 'connected' && ana.peerState(biaAt.peerId) === 'connected'
  )
  return [ana, bia, anaAt.peerId, biaAt.peerId]
}
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte)

describe('direct connections', () => {
  test('carry frames both ways, whole and in order, up to the longest', async () => {
    const [ana, bia, anaId, biaId] = await newPair()
    const sizes = [1, 40, LIMITS.frameBytes, 0, 65_536]
    const there = await Promise.all(sizes.map((size, i) => ana.network.send(biaId, filled(size, i))))
    const back = await Promise.all(sizes.map((size, i) => bia.network.send(anaId, filled(size, 100 + i))))
    expect([...there, ...back].every(({ ok }) => ok)).toBe(true)
    await until(
      'all frames are there',
      () => bia.framesFrom(anaId).length + ana.framesFrom(biaId).length === 10
    )
    expect(bia.framesFrom(anaId)).toEqual(sizes.map((size, i) => filled(size, i)))
    expect(ana.framesFrom(biaId)).toEqual(sizes.map((size, i) => filled(size, 100 + i)))
    expect(await until('the round trip is measured', () => ana.network.roundTrip(biaId))).toBeGreaterThan(0)
  })

  test('a frame that is too long is not sent, and the connection stays', async () => {
    const [ana, bia, anaId, biaId] = await newPair()
    expect(await ana.network.send(biaId, filled(LIMITS.frameBytes + 1, 1))).toMatchObject({ ok: false })
    expect(await ana.network.send(biaId, filled(1, 2))).toMatchObject({ ok: true })
    await until('the next frame arrives', () => bia.framesFrom(anaId).length === 1)
    expect(bia.framesFrom(anaId)).toEqual([filled(1, 2)])
  })

  test('dialled by both sides at once, they end as one', async () => {
    const [ana, bia] = [await newNode(), await newNode()]
    const [anaAt, biaAt] = [await ana.ready(), await bia.ready()]
    const dials = [ana.network.dial(biaAt), ana.network.dial(biaAt), bia.network.dial(anaAt)]
    expect((await Promise.all(dials)).map(({ ok }) => ok)).toEqual([true, true, true])
    for (let i = 0; i < 20; i++) {
      expect(await ana.network.send(biaAt.peerId, filled(1, i))).toMatchObject({ ok: true })
      expect(await bia.network.send(anaAt.peerId, filled(1, i))).toMatchObject({ ok: true })
    }
    await until('all frames are there', () => bia.framesFrom(anaAt.peerId).length === 20)
    expect(bia.framesFrom(anaAt.peerId).map(([byte]) => byte)).toEqual(
      Array.from({ length: 20 }, (_, i) => i)
    )
    expect(ana.events.filter((event) => event.type === 'peer')).toHaveLength(1)
  })

  test('whoever was not allowed is refused, and so is one who was forbidden since', async () => {
    const [ana, bia] = [await newNode(), await newNode()]
    const [anaAt, biaAt] = [await ana.ready(), await bia.ready()]
    expect(await ana.network.dial(biaAt)).toEqual({
      ok: false,
      error: { kind: 'network', reason: 'refused' },
    })

    bia.network.allow(anaAt.peerId)
    expect(await ana.network.dial(biaAt)).toMatchObject({ ok: true })
    await until('connected', () => bia.peerState(anaAt.peerId) === 'connected')
    bia.network.forbid(anaAt.peerId)
    await until('disconnected', () => ana.peerState(biaAt.peerId) === 'disconnected')
    expect(await ana.network.dial(biaAt)).toEqual({
      ok: false,
      error: { kind: 'network', reason: 'refused' },
    })
    expect(await ana.network.send(biaAt.peerId, filled(1, 1))).toMatchObject({
      error: { reason: 'not-found' },
    })
  })

  test('a goodbye is noticed at once', async () => {
    const [ana, bia, anaId] = await newPair()
    await ana.network.stop()
    await until('the other side knows', () => bia.peerState(anaId) === 'disconnected', {
      timeout: WITHOUT_A_PING,
    })
    expect(bia.events.some((event) => event.type === 'frame')).toBe(false)
  })

  test('each start has a peer id that was never seen', async () => {
    const ana = await newNode()
    const first = (await ana.ready()).peerId
    await ana.network.stop()
    const again = await newNode()
    expect((await again.ready()).peerId).not.toBe(first)
  })

  test('addresses of no use are a typed error', async () => {
    const ana = await newNode()
    const { peerId } = await (await newNode()).ready()
    const unsupported = { ok: false, error: { kind: 'network', reason: 'unsupported' } }
    expect(await ana.network.dial({ peerId, addresses: [] })).toEqual(unsupported)
    expect(
      await ana.network.dial({ peerId, addresses: [`/ip4/127.0.0.1/tcp/1/p2p/${peerId}`, 'nonsense'] })
    ).toEqual(unsupported)
    expect(await ana.network.dial({ peerId: 'nonsense', addresses: [] })).toEqual(unsupported)
  })
})

describe('a relay that goes and comes', () => {
  test('leaves direct connections alone, and all is back without a new start', async () => {
    const [ana, bia, anaId, biaId] = await newPair()
    const seen = ana.mailboxFrames().length
    await relay.relay().stop()
    await until('both notice', () =>
      [ana, bia].every((node) => node.relayState() !== 'connected' && node.local() === null)
    )
    expect(await ana.network.send(biaId, filled(3, 7))).toMatchObject({ ok: true })
    await until('the frame arrives', () => bia.framesFrom(anaId).length === 1)
    expect(await ana.network.sendMailbox(relay.url, filled(1, 1))).toMatchObject({
      error: { reason: 'relay-unreachable' },
    })

    await relay.restart()
    await Promise.all([ana.ready(), bia.ready()])
    expect(idOf(ana)).toBe(anaId)
    expect(ana.peerState(biaId)).toBe('connected')
    const id = filled(16, 5)
    const { account, deliveryKey } = ana.device
    expect((await deposit(relay.url, account, deliveryKey, depositBody([{ id }]))).status).toBe(200)
    await until('mail comes by the new stream', () =>
      ana
        .mailboxFrames()
        .slice(seen)
        .some((frame) => fromBinary(MailboxFrameSchema, frame).frame.case === 'delivery')
    )
    const stranger = await newNode()
    ana.network.allow((await stranger.ready()).peerId)
    const reached = await stranger.network.dial(await ana.ready())
    expect(reached).toEqual({ ok: true, value: null })
  })
})

describe('the mailbox stream', () => {
  test('says hello and carries frames both ways', async () => {
    const ana = await newNode()
    await ana.ready()
    const id = filled(16, 9)
    const { account, deliveryKey } = ana.device
    await deposit(relay.url, account, deliveryKey, depositBody([{ id }]))
    await until('the mail comes', () => ana.mailboxFrames().length >= 2)
    const ack = create(MailboxFrameSchema, { frame: { case: 'ack', value: { ids: [id] } } })
    expect(await ana.network.sendMailbox(relay.url, toBinary(MailboxFrameSchema, ack))).toEqual({
      ok: true,
      value: null,
    })
    await until('the relay confirms', () =>
      ana.mailboxFrames().some((frame) => fromBinary(MailboxFrameSchema, frame).frame.case === 'deleted')
    )
    expect((await ana.device.fetchMailbox()).deliveries).toEqual([])
  })
})
