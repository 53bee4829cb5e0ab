import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { streamPair } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { createPeerLinks } from '../../../src/adapters/network/peer-links.ts'
import { systemRandom } from '../../../src/host/platform.ts'
import { createFrameDecoder } from '../../../src/protocol/frames.ts'
import { PROTOCOLS } from '../../../src/protocol/limits.ts'
import { until } from '../../support/until.ts'
import { createHandClock } from '../client/hand-clock.ts'

const newPeerId = async (): Promise<PeerId> => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))

/** The links of a node whose connections a test makes: `works` opens the stream of one, `refuses` does not, `breaks` ends it. */
const newLinks = async () => {
  const [one, two] = [await newPeerId(), await newPeerId()]
  const [own, other] = one.toString() < two.toString() ? [one, two] : [two, one]
  const events = new EventTarget()
  const states: string[] = []
  const clock = createHandClock()
  const links = createPeerLinks({
    clock,
    random: systemRandom,
    node: {
      peerId: own,
      addEventListener: events.addEventListener.bind(events),
      handle: async () => {},
      getConnections: () => [],
    },
    isAllowed: () => true,
    onPeer: (_, state) => states.push(state),
    onFrame: () => {},
  })
  await links.start()

  const connect = (direction: 'inbound' | 'outbound') => {
    const opened = Promise.withResolvers<Stream>()
    const got: number[] = []
    const end = (): void => {
      if (connection.status !== 'open') return
      connection.status = 'closed'
      opened.reject(new Error('the connection has ended'))
      events.dispatchEvent(new CustomEvent('connection:close', { detail: connection }))
    }
    const connection = {
      remotePeer: other,
      remoteAddr: multiaddr(`/webrtc/p2p/${other.toString()}`),
      direction,
      status: 'open' as Connection['status'],
      // Nobody answers pings: no time passes.
      newStream: (protocol: string) =>
        protocol === PROTOCOLS.envelopes ? opened.promise : new Promise<Stream>(() => {}),
      abort: end,
      close: async () => end(),
    }
    events.dispatchEvent(new CustomEvent('connection:open', { detail: connection }))
    return {
      got,
      breaks: end,
      refuses: () => opened.reject(new Error('no stream')),
      works: async () => {
        const [near, far] = await streamPair({ protocol: PROTOCOLS.envelopes })
        const decoder = createFrameDecoder()
        far.addEventListener('message', ({ data }) => {
          const frames = decoder.push(data.subarray())
          if (frames.ok) got.push(...frames.value.map(([byte]) => byte ?? -1))
        })
        opened.resolve(near)
      },
      isOpen: () => connection.status === 'open',
    }
  }
  const id = other.toString()
  const send = async (byte: number): Promise<string> => {
    const sent = await links.send(id, Uint8Array.of(byte))
    return sent.ok ? 'sent' : sent.error.reason
  }
  return { clock, connect, send, states, isConnected: () => links.isConnected(id) }
}

test('a connection that breaks before it has carried a stream was none, and nobody hears of it', async () => {
  const { connect, send, states, isConnected } = await newLinks()
  const first = connect('outbound')
  const asked = isConnected()
  first.breaks()
  expect(await asked).toBe(false)
  expect(await send(1)).toBe('not-found')
  expect(states).toEqual([])

  const second = connect('outbound')
  await second.works()
  expect(await isConnected()).toBe(true)
  expect(await send(2)).toBe('sent')
  await until('it arrives', () => second.got.length === 1)
  second.breaks()
  expect(states).toEqual(['connected', 'disconnected'])
})

test('one on which no stream can be opened is given up', async () => {
  const { connect, send, states } = await newLinks()
  const first = connect('inbound')
  const sent = send(1)
  first.refuses()
  expect(await sent).toBe('not-found')
  expect(first.isOpen()).toBe(false)
  expect(states).toEqual([])
})

test('while one of two is only beginning the other carries the frames, also when that one breaks', async () => {
  const { connect, send, states } = await newLinks()
  const other = connect('inbound')
  await other.works()
  expect(await send(1)).toBe('sent')
  const preferred = connect('outbound')
  expect(await send(2)).toBe('sent')
  preferred.breaks()
  expect(await send(3)).toBe('sent')
  await until('they arrive', () => other.got.length === 3)
  expect(other.got).toEqual([1, 2, 3])
  expect(states).toEqual(['connected'])
})

test('a frame that waits for the stream of one that breaks goes over the next', async () => {
  const { connect, send, states } = await newLinks()
  const [preferred, other] = [connect('outbound'), connect('inbound')]
  const sent = [send(1), send(2)]
  preferred.breaks()
  await other.works()
  expect(await Promise.all(sent)).toEqual(['sent', 'sent'])
  await until('they arrive', () => other.got.length === 2)
  expect(other.got).toEqual([1, 2])
  expect(states).toEqual(['connected'])
})

test('of two that work one is left, that of the smaller peer id', async () => {
  const { clock, connect, send, states } = await newLinks()
  const [spare, preferred] = [connect('inbound'), connect('outbound')]
  await spare.works()
  expect(await send(1)).toBe('sent')
  await preferred.works()
  await until('the preferred one carries frames', async () => {
    expect(await send(2)).toBe('sent')
    return preferred.got.length > 0
  })
  clock.pass(5_000)
  expect([spare.isOpen(), preferred.isOpen()]).toEqual([false, true])
  expect(states).toEqual(['connected'])
})

test('a new connection has as long for its first ping as for any other: less breaks those of a busy machine', async () => {
  const { clock, connect, isConnected, states } = await newLinks()
  const connection = connect('outbound')
  await connection.works()
  expect(await isConnected()).toBe(true)
  clock.pass(7_999)
  // Silence is told in the same turn.
  await new Promise((resolve) => setImmediate(resolve))
  expect(states).toEqual(['connected'])
  clock.pass(1)
  await until('it is given up', () => states.length === 2)
  expect(states).toEqual(['connected', 'disconnected'])
})
