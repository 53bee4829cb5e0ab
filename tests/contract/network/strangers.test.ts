import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { peerIdFromString } from '@libp2p/peer-id'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { RTCPeerConnection } from 'node-datachannel/polyfill'
import { afterEach, expect, test } from 'vitest'
import { createPeerNetwork } from '../../../src/adapters/network/peer-network.ts'
import { systemClock, systemRandom } from '../../../src/host/platform.ts'
import { utf8 } from '../../../src/lib/bytes.ts'
import { encodeFrame } from '../../../src/protocol/frames.ts'
import { PROTOCOLS } from '../../../src/protocol/limits.ts'
import type { Info } from '../../../src/protocol/relay-api.ts'
import { until } from '../../support/until.ts'
import { watch } from './kit/node.ts'

const SIGNALING = '/webrtc-signaling/0.0.1'
const ends: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** A relay that does what relays should not. */
const rogueRelay = async (): Promise<Libp2p> => {
  const relay = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), relay: circuitRelayServer() },
  })
  await relay.handle(PROTOCOLS.mailbox, (stream) => void stream.send(encodeFrame(Uint8Array.of(0x1a, 0))))
  ends.push(() => relay.stop())
  return relay
}

const infoOf = (relay: Libp2p): Info => ({
  name: 'rogue',
  version: '0',
  peerId: relay.peerId.toString(),
  addresses: relay.getMultiaddrs().map(String),
  iceServers: [],
  mailboxTtlSeconds: 60,
  time: 0,
})

/** A WebRTC offer as the signalling protocol frames it: type 0, then the SDP. */
const realOffer = async (): Promise<Uint8Array> => {
  const connection = new RTCPeerConnection()
  ends.push(() => connection.close())
  connection.createDataChannel('init')
  const { sdp = '' } = (await connection.createOffer()) as { sdp?: string }
  const text = utf8(sdp)
  const length = [(text.length & 0x7f) | 0x80, text.length >> 7]
  return encodeFrame(Uint8Array.of(0x08, 0x00, 0x12, ...length, ...text))
}

test('a relay that offers a WebRTC connection itself learns no ICE candidate, even when a contact named it as their peer', async () => {
  const relay = await rogueRelay()
  const network = createPeerNetwork({ clock: systemClock, random: systemRandom, secure: false })
  const watcher = watch(network)
  ends.push(() => network.stop())
  await network.start([{ origin: 'http://localhost:1', info: infoOf(relay) }], async () => new Uint8Array())
  network.allow(relay.peerId.toString())
  const { peerId } = await watcher.ready()

  const offer = await realOffer()
  for (const protocol of [SIGNALING, PROTOCOLS.envelopes]) {
    const stream = await relay.getConnections(peerIdFromString(peerId))[0]!.newStream(protocol)
    const heard: unknown[] = []
    stream.addEventListener('message', ({ data }) => heard.push(data))
    // The refusal may be there already.
    if (stream.status === 'open') stream.send(offer)
    await until('the stream is refused', () => stream.status !== 'open')
    expect(stream.status).toBe('reset')
    expect(heard).toEqual([])
  }
  expect(watcher.events.filter(({ type }) => type === 'peer' || type === 'frame')).toEqual([])
})
