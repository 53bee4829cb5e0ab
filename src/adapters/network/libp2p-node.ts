import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify, identifyPush } from '@libp2p/identify'
import type { Identify, IdentifyPush } from '@libp2p/identify'
import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import type { KadDHTComponents } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import type { Ping } from '@libp2p/ping'
import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { guarded, type Gate } from './gate.ts'
import { createLazyDht, type LazyDht } from './lazy-dht.ts'
import { lazyWebTransport } from './lazy-web-transport.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { IceServer } from '../../protocol/ice-servers.ts'

/** libp2p with our settings and the parts of it that the peer network speaks to. */
export interface PeerNode {
  readonly libp2p: Libp2p<{ identify: Identify; identifyPush: IdentifyPush; ping: Ping; dht: LazyDht }>
  reserve(relay: PeerId): Promise<void>
}

export interface NodeOptions {
  readonly gate: Gate
  /** Asked at every dial. Explicit also when empty: libp2p's own default would tell four strangers' STUN servers of each dial. */
  iceServers(): readonly IceServer[]
  /** Connections to relays, which serve the DHT. */
  relays(): readonly Connection[]
}

/** Circuits all come from the relay's address: the default of 5 a second would refuse contacts that return together. */
const INBOUND = { inboundConnectionThreshold: 50, maxIncomingPendingConnections: 50 }

/** Makes and starts a node with a peer id that nobody has seen before. */
export const startNode = async (options: NodeOptions): Promise<PeerNode> => {
  const { gate } = options
  let reserve = async (_relay: PeerId): Promise<void> => {}
  const rtcConfiguration = async () => ({ iceServers: [...options.iceServers()] })
  const libp2p = await createLibp2p({
    // No browser's or machine's name for every contact to read.
    nodeInfo: { name: 'mepassa', version: '1', userAgent: 'mepassa' },
    addresses: { listen: [...Array.from({ length: LIMITS.relays }, () => '/p2p-circuit'), '/webrtc'] },
    transports: [
      webSockets(),
      (components) => {
        const transport = circuitRelayTransport({ discoveryFilter: onlyOurRelays(gate) })(
          guarded(components, ({ remotePeer }) => gate.isRelay(remotePeer))
        )
        reserve = (relay) => reserveAt(transport, relay)
        return transport
      },
      (components) =>
        webRTC({ rtcConfiguration })(guarded(components, ({ remotePeer }) => gate.isAllowed(remotePeer))),
      // A relay is reached at its own address or not at all.
      webRTCDirect({ rtcConfiguration: { iceServers: [] } }),
      lazyWebTransport(),
    ],
    connectionEncrypters: [noise()],
    // No pings of its own beside ours: see liveness.ts.
    streamMuxers: [yamux({ enableKeepAlive: false })],
    connectionGater: gate.gater,
    // It would open a stream on every connection each few seconds, which is most of what a relay does all day: see liveness.ts.
    connectionMonitor: { enabled: false },
    connectionManager: {
      ...INBOUND,
      // Relay links redial on their own terms.
      reconnectRetries: 0,
      addressDialTimeout: 12_000,
      // `/dnsaddr` would ask public DNS services; addresses.ts lets none through.
      resolvers: {},
    },
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      ping: ping(),
      dht: (components: KadDHTComponents) =>
        createLazyDht(components, { servers: options.relays, load: () => import('@libp2p/kad-dht') }),
    },
  })
  return { libp2p, reserve: (relay) => reserve(relay) }
}

/** Reservations only at our relays: a stranger's relay that introduces us once must not become our address. */
const onlyOurRelays = (gate: Gate) => ({
  has: (peer: PeerId) => !gate.isRelay(peer),
  add: () => {},
  remove: () => {},
})

type CircuitTransport = ReturnType<ReturnType<typeof circuitRelayTransport>>

const reserveAt = async (transport: CircuitTransport, relay: PeerId): Promise<void> => {
  const { reservationStore } = transport as CircuitTransport & {
    readonly reservationStore: {
      hasReservation(peer: PeerId): boolean
      addRelay(peer: PeerId, type: 'discovered'): Promise<unknown>
    }
  }
  if (!reservationStore.hasReservation(relay)) await reservationStore.addRelay(relay, 'discovered')
}
