/** Peers that send a message without an end, or have the relay dial: they take little of its memory, and nothing of its network. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
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

test('the relay dials nobody, whatever address a peer gives of another', async () => {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  let packets = 0
  socket.on('message', () => packets++)
  const certhash = /certhash\/[\w-]+/.exec((await infoOf(relay.url)).addresses.join(' '))?.[0] ?? ''
  expect(certhash).not.toBe('')
  const place = multiaddr(`/ip4/127.0.0.1/udp/${socket.address().port}/webrtc-direct/${certhash}`)
  const other = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))

  // Who is nowhere to be found is not asked.
  const eve = await peerOf(place.toString())
  let told = 0
  await eve.handle(PROTOCOLS.dht, (stream) => {
    stream.addEventListener('message', () => {
      // A neighbour of what was asked for (FIND_NODE), and where it is.
      stream.send(
        message(
          kind(4),
          field(8, Buffer.concat([field(1, other.toMultihash().bytes), field(2, place.bytes)]))
        )
      )
      told++
    })
  })
  await dialRelay(eve, relay.url)
  await until('the relay has asked', () => told > 0)
  // It dials at once or not at all: by now it has answered others a hundred times.
  for (let count = 0; count < 100; count++) await infoOf(relay.url)
  expect(packets).toBe(0)
  socket.close()
})
