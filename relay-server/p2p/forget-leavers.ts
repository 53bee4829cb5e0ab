import type { CircuitRelayService } from '@libp2p/circuit-relay-v2'
import type { Libp2p } from '@libp2p/interface'

/**
 * Keeps nothing of peers that have gone. js-libp2p holds a reservation until its time is over, so that leavers would fill the table (platform notes §6),
 * and what it has learnt of a peer until somebody asks for that peer again: nobody does, since a device has another peer id each time.
 */
export const forgetLeavers = (node: Libp2p<{ relay: CircuitRelayService }>): void => {
  node.addEventListener('peer:disconnect', ({ detail: peer }) => {
    node.services.relay.reservations.delete(peer)
    // It may be back already.
    if (node.getConnections(peer).length > 0) return
    node.peerStore.delete(peer).catch(() => undefined)
  })
}
