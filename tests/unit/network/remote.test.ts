import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { connectPeerNetwork, servePeerNetwork } from '../../../src/adapters/network/remote.ts'
import type { PeerEvent, PeerNetwork, Reply } from '../../../src/core/ports/network.ts'
import { err, ok } from '../../../src/lib/result.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import type { Info } from '../../../src/protocol/relay-api.ts'
import { until } from '../../support/until.ts'

const ORIGIN = 'https://relay.example'
const info: Info = {
  name: 'r',
  version: '1',
  peerId: 'relay-peer',
  addresses: ['/dns4/relay.example/tcp/443/tls/ws/p2p/relay-peer'],
  iceServers: [{ urls: ['stun:relay.example'] }],
  mailboxTtlSeconds: 60,
  time: 1,
}
const ends: (() => void)[] = []
afterEach(() => {
  vi.useRealTimers()
  for (const end of ends.splice(0)) end()
})

/** The far side of the port: it stands for libp2p, which has its own tests, and notes what it is asked. */
const farSide = () => {
  const asked: unknown[][] = []
  const listeners = new Set<(event: PeerEvent) => void>()
  const note =
    <T>(name: string, answer: T) =>
    async (...args: unknown[]): Promise<T> => {
      asked.push([name, ...args])
      return answer
    }
  let hello: Parameters<PeerNetwork['start']>[1] | undefined
  const network: PeerNetwork = {
    start: async (relays, sign) => {
      hello = sign
      asked.push(['start', relays])
    },
    useIceServers: (origin, servers) => void asked.push(['useIceServers', origin, servers]),
    leave: note('leave', undefined),
    stop: note('stop', undefined),
    allow: (peer) => void asked.push(['allow', peer]),
    forbid: (peer) => void asked.push(['forbid', peer]),
    dial: note('dial', err({ kind: 'network', reason: 'refused' }) as Awaited<Reply<null>>),
    send: note('send', ok(null)),
    sendMailbox: note('sendMailbox', ok(null)),
    hangUp: note('hangUp', undefined),
    roundTrip: () => 12,
    dhtPut: note('dhtPut', ok(null)),
    dhtGet: note('dhtGet', ok(Uint8Array.of(4, 5)) as Awaited<Reply<Uint8Array>>),
    wake: () => void asked.push(['wake']),
    onEvent: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const emit = (event: PeerEvent): void => listeners.forEach((listener) => listener(event))
  return { network, asked, emit, sign: (own: Uint8Array, relay: Uint8Array) => hello!(own, relay) }
}

const connected = () => {
  const { port1, port2 } = new MessageChannel()
  ends.push(() => port1.close())
  const far = farSide()
  servePeerNetwork(far.network, port1)
  return { far, near: connectPeerNetwork(port2), port1, port2 }
}

test('every call reaches the network with what it was given, and its answer comes back', async () => {
  const { far, near } = connected()
  await near.start([{ origin: ORIGIN, info }], async () => new Uint8Array())
  const turn = { urls: ['turn:turn.example:3478'], username: 'u', credential: 'c' }
  near.useIceServers(ORIGIN, [turn])
  near.allow('a')
  near.forbid('b')
  near.wake()
  const frame = new Uint8Array(LIMITS.frameBytes).fill(3)
  expect(await near.dial({ peerId: 'p', addresses: ['/x'] })).toEqual({
    ok: false,
    error: { kind: 'network', reason: 'refused' },
  })
  expect(await near.send('p', frame)).toEqual({ ok: true, value: null })
  expect(await near.sendMailbox(ORIGIN, Uint8Array.of(1))).toEqual({ ok: true, value: null })
  expect(await near.dhtPut('00', Uint8Array.of(2))).toEqual({ ok: true, value: null })
  expect(await near.dhtGet('00')).toEqual({ ok: true, value: Uint8Array.of(4, 5) })
  await near.hangUp('p')
  await near.stop()
  expect(far.asked).toEqual([
    ['start', [{ origin: ORIGIN, info }]],
    ['useIceServers', ORIGIN, [turn]],
    ['allow', 'a'],
    ['forbid', 'b'],
    ['wake'],
    ['dial', { peerId: 'p', addresses: ['/x'] }],
    ['send', 'p', frame],
    ['sendMailbox', ORIGIN, Uint8Array.of(1)],
    ['dhtPut', '00', Uint8Array.of(2)],
    ['dhtGet', '00'],
    ['hangUp', 'p'],
    ['stop'],
  ])
  // The sender keeps its bytes: it may have to send them again.
  expect(frame).toHaveLength(LIMITS.frameBytes)
})

test('events come in order with the round trip of their peer, and stop when nobody listens', async () => {
  const { far, near } = connected()
  const heard: PeerEvent[] = []
  const end = near.onEvent((event) => heard.push(event))
  const events: PeerEvent[] = [
    { type: 'relay', origin: ORIGIN, state: 'connected' },
    { type: 'local', peer: { peerId: 'me', addresses: ['/a'] } },
    { type: 'peer', peerId: 'p', state: 'connected' },
    { type: 'frame', peerId: 'p', frame: Uint8Array.of(1, 2) },
    { type: 'mailbox', origin: ORIGIN, frame: new Uint8Array() },
    { type: 'local', peer: null },
  ]
  const copy = structuredClone(events)
  events.forEach(far.emit)
  await until('all are heard', () => heard.length === copy.length)
  expect(heard).toEqual(copy)
  expect(near.roundTrip('p')).toBe(12)
  far.emit({ type: 'peer', peerId: 'p', state: 'disconnected' })
  await until('the end is heard', () => heard.length === copy.length + 1)
  expect(near.roundTrip('p')).toBeNull()
  end()
  far.emit({ type: 'local', peer: null })
  expect(await near.dhtGet('00')).toMatchObject({ ok: true })
  expect(heard).toHaveLength(copy.length + 1)
})

test('the hello is made on the near side; one that fails is a failure on the far side', async () => {
  const { far, near } = connected()
  await near.start([], async (own, relay) => Uint8Array.of(...own, ...relay, 9))
  expect(await far.sign(Uint8Array.of(1), Uint8Array.of(2))).toEqual(Uint8Array.of(1, 2, 9))
  await near.start([], async () => {
    throw new Error('no key')
  })
  await expect(far.sign(Uint8Array.of(1), Uint8Array.of(2))).rejects.toThrow('no hello')
})

test('a window that went away is a timeout, and a start throws', async () => {
  vi.useFakeTimers()
  const { port1, port2 } = new MessageChannel()
  ends.push(() => port1.close())
  const near = connectPeerNetwork(port2)
  const dial = near.dial({ peerId: 'p', addresses: [] })
  const started = near.start([], async () => new Uint8Array()).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(61_000)
  expect(await dial).toEqual({ ok: false, error: { kind: 'network', reason: 'timeout' } })
  expect(await started).toBeInstanceOf(Error)
})

test('messages of another form are passed over by both sides', async () => {
  const { far, near, port1, port2 } = connected()
  const heard: PeerEvent[] = []
  near.onEvent((event) => heard.push(event))
  const junk = fc.sample(
    fc.oneof(
      fc.jsonValue(),
      fc.record({
        type: fc.constantFrom('call', 'event', 'hello', 'outcome'),
        // No number of a call under way: an answer to that one would be no junk.
        id: fc.integer({ min: 1_000_000, max: 1_000_003 }),
        method: fc.constantFrom('send', 'dial'),
        args: fc.jsonValue(),
        event: fc.jsonValue(),
      })
    ),
    { numRuns: 1_000, seed: 20_261_124 }
  )
  for (const message of junk) {
    port1.postMessage(message)
    port2.postMessage(message)
  }
  const tooLong = new Uint8Array(LIMITS.frameBytes + 1)
  port1.postMessage({ type: 'event', event: { type: 'frame', peerId: 'p', frame: tooLong }, roundTrip: null })
  port2.postMessage({ type: 'call', id: 1, method: 'send', args: ['p', tooLong] })
  expect(await near.dhtGet('00')).toMatchObject({ ok: true })
  expect(far.asked).toEqual([['dhtGet', '00']])
  expect(heard).toEqual([])
})
