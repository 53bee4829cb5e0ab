import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify, identifyPush, type Identify, type IdentifyPush } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping, type Ping } from '@libp2p/ping'
import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2p } from 'libp2p'
import { lazyDht, type LazyDht } from './lazy-dht.ts'
import { lazyWebTransport } from './lazy-web-transport.ts'

/** STUN and TURN servers, as the relay names them. */
export interface IceServer {
  readonly urls: readonly string[]
}

export type Services = { identify: Identify; identifyPush: IdentifyPush; ping: Ping; dht: LazyDht }
export type Node = Libp2p<Services>

export interface NodeOptions {
  /** Only these peers get in; asked at the circuit, before any ICE candidate is given. */
  readonly isAllowed: (peerId: string) => boolean
  readonly iceServers: readonly IceServer[]
}

/** Pings notice a dead peer; often enough to be back within seconds, seldom enough to leave a phone its battery. */
const PING_INTERVAL = 10_000
/** The keep-alive tag's reconnection, beside our own: for ever, steadily (the default gives up after a minute). */
const RECONNECT = { reconnectRetries: 1_000_000, reconnectRetryInterval: 2_000, reconnectBackoffFactor: 1 } as const

/** A libp2p node with a fresh peer id. Listens only by way of relays it has a reservation at. */
export const createNode = ({ isAllowed, iceServers }: NodeOptions): Promise<Node> => {
  // Named explicitly, empty too: the transports' defaults are other people's STUN servers.
  const rtcConfiguration = { iceServers: iceServers.map(({ urls }) => ({ urls: [...urls] })) }
  return createLibp2p<Services>({
    addresses: { listen: ['/p2p-circuit', '/webrtc'] },
    transports: [webSockets(), circuitRelayTransport(), webRTC({ rtcConfiguration }), webRTCDirect({ rtcConfiguration }), lazyWebTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: {
      // The browser's default refuses plain WebSockets and private addresses; which to dial is decided before.
      denyDialMultiaddr: () => false,
      denyInboundRelayedConnection: (_relay, remote) => !isAllowed(remote.toString()),
      denyInboundUpgradedConnection: (remote) => !isAllowed(remote.toString()),
    },
    connectionManager: RECONNECT,
    connectionMonitor: { pingInterval: PING_INTERVAL },
    services: { identify: identify(), identifyPush: identifyPush(), ping: ping(), dht: lazyDht() },
  }) as Promise<Node>
}
