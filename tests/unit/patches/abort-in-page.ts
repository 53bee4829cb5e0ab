/** Bundled for a page by websocket-abort.test.ts: dials and gives up, as the page's libp2p does after a lost ping. */
import { multiaddr } from '@multiformats/multiaddr'
import { websocketPeer } from './websocket-peer.ts'

/** Dials `address`, a multiaddr, and aborts the connection at once. Answers with how many connections libp2p still knows. */
export async function dialAndAbort(address: string): Promise<number> {
  const peer = await websocketPeer()
  const connection = await peer.dial(multiaddr(address))
  connection.abort(new Error('given up'))
  return peer.getConnections().length
}
