/** Peers that send a message without an end, or have the relay dial: they take little of its memory, and nothing of its network. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Libp2p, PeerId, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { listDht } from '../../../relay-server/p2p/dht.ts'
import { encodeFrame } from '../../../src/protocol/frames.ts'
import { PROTOCOLS } from '../../../src/protocol/limits.ts'
import { until } from '../../support/until.ts'
import { dialRelay, infoOf, newPeer } from './kit/peer.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

const HOP = '/libp2p/circuit/relay/0.2.0/hop'
const STOP = '/libp2p/circuit/relay/0.2.0/stop'
/** What a stream gets rid of before the other side has read anything. */
const WINDOW = 256 * 1024
const MOST = 3 * WINDOW
const PIECE = 32 * 1024
/** Of a message of 4 MiB: longer ones are refused from their length alone. */
const LENGTH = Uint8Array.from([0xff, 0xff, 0xff, 0x01])

let relay: TestRelay
const peers: Libp2p[] = []
beforeAll(async () => void (relay = await startTestRelay({ config: { webRtcPort: 0 } })))
afterEach(async () => {
  await Promise.all(peers.splice(0).map(async (peer) => peer.stop()))
})
afterAll(() => relay[Symbol.asyncDispose]())

const peerOf = async (...addresses: readonly string[]): Promise<Libp2p> => {
  const peer = await newPeer(addresses)
  peers.push(peer)
  return peer
}
const streamOf = async (protocol: string): Promise<Stream> =>
  (await dialRelay(await peerOf(), relay.url)).newStream(protocol)

/** Fields of protobuf messages, each of bytes. */
const field = (number: number, bytes: Uint8Array): Uint8Array =>
  Uint8Array.from([(number << 3) | 2, bytes.length, ...bytes])
const message = (...parts: readonly Uint8Array[]): Uint8Array => encodeFrame(Buffer.concat(parts))
const kind = (number: number): Uint8Array => Uint8Array.from([0x08, number])

/** Sends a message that does not end until the relay has had enough, or all but the end of it; answers how many bytes it took. */
const flood = async (stream: Stream): Promise<number> => {
  let taken = 0
  try {
    stream.send(LENGTH)
    while (taken < 4_000_000) {
      stream.send(new Uint8Array(PIECE))
      // All of it has left, so that the relay has made room for it.
      while (stream.writeBufferLength > 0 && stream.status === 'open') await setImmediate()
      taken += PIECE
    }
  } catch {
    // The relay has ended it.
  }
  return taken
}

test.each([HOP, PROTOCOLS.dht])(
  'who begins a message on %s and does not end it is cut off',
  async (protocol) => {
    expect(await flood(await streamOf(protocol))).toBeLessThan(MOST)
  }
)

test('so is who is called over a circuit and answers without an end', async () => {
  const [ana, eve] = [await peerOf(), await peerOf()]
  const answered = Promise.withResolvers<number>()
  await eve.handle(STOP, (stream) => void flood(stream).then(answered.resolve))
  const reserving = await (await dialRelay(eve, relay.url)).newStream(HOP)
  reserving.send(message(kind(0)))
  await once(reserving, 'message')
  const calling = await (await dialRelay(ana, relay.url)).newStream(HOP)
  calling.send(message(kind(1), field(2, field(1, eve.peerId.toMultihash().bytes))))
  expect(await answered.promise).toBeLessThan(MOST)
})

/** The answer to a question of the DHT (FIND_NODE): another peer, and where it is said to be. */
const neighbour = async (place: Multiaddr): Promise<{ readonly id: PeerId; readonly answer: Uint8Array }> => {
  const id = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
  const parts = [field(1, id.toMultihash().bytes), field(2, place.bytes)]
  return { id, answer: message(kind(4), field(8, Buffer.concat(parts))) }
}
/** Has a peer give that answer to whoever asks; answers how often it was heard. */
const tell = async (peer: Libp2p, answer: Uint8Array): Promise<() => number> => {
  let heard = 0
  await peer.handle(PROTOCOLS.dht, (stream) => {
    stream.addEventListener('message', () => void stream.send(answer))
    // Who has asked ends the stream when it has read the answer.
    stream.addEventListener('remoteCloseWrite', () => heard++)
  })
  return () => heard
}

test('its DHT remembers no peers that it was only told of', async () => {
  const lists = { get: async () => undefined, put: async () => ({ outcome: 'full' as const }) }
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // As the relay: a dial that fails would be remembered, too.
    connectionGater: { denyDialPeer: () => true },
    services: {
      identify: identify(),
      ping: ping(),
      dht: listDht({ lists, rates: { takeFrom: async () => 0 }, now: Date.now }),
    },
  })
  peers.push(node)
  const place = multiaddr('/ip4/192.0.2.1/tcp/1/ws')
  const eve = await peerOf(place.toString())
  const { id, answer } = await neighbour(place)
  const heard = await tell(eve, answer)
  await eve.dial(node.getMultiaddrs())
  await until('it has heard the answer', () => heard() > 0)
  await until('the peer that it is connected with is known', () => node.peerStore.has(eve.peerId))
  expect(await node.peerStore.has(id)).toBe(false)
})

test('the relay dials nobody, whatever address a peer gives of another', async () => {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  let packets = 0
  socket.on('message', () => packets++)
  const certhash = /certhash\/[\w-]+/.exec((await infoOf(relay.url)).addresses.join(' '))?.[0] ?? ''
  expect(certhash).not.toBe('')
  const place = multiaddr(`/ip4/127.0.0.1/udp/${socket.address().port}/webrtc-direct/${certhash}`)
  // Who is nowhere to be found is not asked.
  const eve = await peerOf(place.toString())
  const heard = await tell(eve, (await neighbour(place)).answer)
  await dialRelay(eve, relay.url)
  await until('the relay has heard the answer', () => heard() > 0)
  // It dials at once or not at all: by now it has answered others a hundred times.
  for (let count = 0; count < 100; count++) await infoOf(relay.url)
  expect(packets).toBe(0)
  socket.close()
})
