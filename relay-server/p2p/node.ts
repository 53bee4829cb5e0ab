import type { Server } from 'node:http'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify, identifyPush } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { webRTCDirect } from '@libp2p/webrtc'
import { yamux } from '@libp2p/yamux'
import { WebRTCDirect } from '@multiformats/multiaddr-matcher'
import { createLibp2p } from 'libp2p'
import { PROTOCOLS } from '../../src/protocol/limits.ts'
import type { RelayContext } from '../context.ts'
import type { PeerInfo } from '../http/info.ts'
import { LIBP2P_LIMITS } from '../limits.ts'
import { createMailboxProtocol } from '../mailbox/stream.ts'
import { addressesFor, listenAddresses, publicIpOf, webSocketAddress, withPeer } from './addresses.ts'
import { answerPings } from './answer-pings.ts'
import { listDht } from './dht.ts'
import { forgetLeavers } from './forget-leavers.ts'
import { loadIdentity } from './identity.ts'
import { createSharedPort } from './shared-port.ts'

/** The relay's libp2p node. */
export interface RelayNode extends PeerInfo {
  connections(): number
  reservations(): number
  /** The HTTP server listens now. */
  listening(): void
  stop(): Promise<void>
}

/** Starts the node on the HTTP server's port and one UDP port: circuit relay, DHT server, identify, ping and mailbox streams. */
export const startNode = async (context: RelayContext, server: Server): Promise<RelayNode> => {
  const { config, rates, store, now } = context
  const identity = await loadIdentity(config.dataDir, now())
  const port = createSharedPort({
    server,
    proxies: config.trustProxy,
    rates,
    socketsPerAddress: config.limits.socketsPerAddress,
    addressesPerNetwork: config.limits.addressesPerNetwork,
  })
  const announcedUrl = config.p2pUrl ?? config.publicUrl
  const { tcp, udp } = listenAddresses(config.host, announcedUrl)
  const publicIp = await publicIpOf(announcedUrl)
  const announced = announcedUrl && webSocketAddress(announcedUrl)
  const node = await createLibp2p({
    privateKey: identity.privateKey,
    addresses: {
      listen: [
        `${tcp}/tcp/${config.port}/ws`,
        ...(config.webRtcPort === null ? [] : [`${udp}/udp/${config.webRtcPort}/webrtc-direct`]),
      ],
      appendAnnounce: announced ? [announced] : [],
      // Behind a proxy the port's own addresses lead nowhere.
      announceFilter: (all) =>
        all.filter((one) => !announced || WebRTCDirect.matches(one) || one.toString().startsWith(announced)),
    },
    transports: [
      port.transport,
      // No third party's STUN server hears of our clients (the default asks four).
      webRTCDirect({ certificate: identity.certificate, rtcConfiguration: { iceServers: [] } }),
    ],
    connectionEncrypters: [noise()],
    // Peers tell the DHT where others are: into whose network it would send packets then is not theirs to say.
    connectionGater: { denyDialPeer: () => true, denyDialMultiaddr: () => true },
    // Its pings would be half of all that is written when nothing happens.
    streamMuxers: [yamux({ enableKeepAlive: false, maxInboundStreams: LIBP2P_LIMITS.streams })],
    connectionManager: {
      maxConnections: LIBP2P_LIMITS.maxConnections,
      inboundConnectionThreshold: LIBP2P_LIMITS.inboundConnectionThreshold,
      maxIncomingPendingConnections: LIBP2P_LIMITS.maxIncomingPendingConnections,
    },
    // The shared port looks after its sockets by cheaper means; WebRTC notices itself when the other end is gone.
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      ping: answerPings(),
      relay: circuitRelayServer({
        reservations: {
          maxReservations: LIBP2P_LIMITS.maxReservations,
          defaultDurationLimit: LIBP2P_LIMITS.circuitDuration,
          defaultDataLimit: LIBP2P_LIMITS.circuitBytes,
        },
        maxInboundHopStreams: LIBP2P_LIMITS.circuitsFrom,
        maxOutboundStopStreams: LIBP2P_LIMITS.circuitsTo,
      }),
      dht: listDht({ lists: store.lists, rates, now }),
    },
  })
  forgetLeavers(node)
  await node.handle(PROTOCOLS.mailbox, createMailboxProtocol(context, node.peerId.toMultihash().bytes), {
    maxInboundStreams: LIBP2P_LIMITS.mailboxStreams,
  })
  const peerId = node.peerId.toString()
  return {
    peerId: () => peerId,
    addressesFor: (origin) => {
      const direct = node.getMultiaddrs().filter((address) => WebRTCDirect.matches(address))
      return addressesFor(config.p2pUrl ?? origin, direct, publicIp).map((address) =>
        withPeer(address, peerId)
      )
    },
    connections: () => node.getConnections().length,
    reservations: () => node.services.relay.reservations.size,
    listening: port.listening,
    stop: async () => node.stop(),
  }
}
