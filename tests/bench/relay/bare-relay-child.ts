/** A libp2p circuit relay over WebSockets and nothing else: what MePassa's relay is held against. */
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { collectWhenAsked } from './collect.ts'

const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
  transports: [webSockets(), webRTCDirect({ rtcConfiguration: { iceServers: [] } })],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify(), ping: ping(), relay: circuitRelayServer() },
})
collectWhenAsked()
process.send?.({ port: Number(/tcp\/(\d+)/.exec(String(node.getMultiaddrs()[0]))?.[1]) })
process.once('SIGTERM', () => process.exit(0))
