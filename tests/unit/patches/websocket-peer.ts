/** The smallest libp2p node there is, for Node and for a page: WebSockets alone. */
import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2p } from 'libp2p'

/** A started node, on loopback. `listen`: multiaddrs; none in a page. */
export function websocketPeer(listen: string[] = []): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // A page may dial no private address unless it is allowed to.
    connectionGater: { denyDialMultiaddr: () => false },
    // Pings would end the forgotten connection in the end: here abort() alone has to.
    connectionMonitor: { enabled: false },
  })
}
