import type { PeerEvent, PeerNetwork } from '../core/ports/network.ts'
import { err } from '../lib/result.ts'

/**
 * A peer network that is made when the core first starts it, so that nothing of libp2p loads before there is an account. Until then it is
 * a network without connections.
 */
export const createLazyPeers = (connect: () => PeerNetwork): PeerNetwork => {
  const listeners = new Set<(event: PeerEvent) => void>()
  let peers: PeerNetwork | undefined
  const offline = async () => err({ kind: 'network', reason: 'offline' } as const)
  return {
    start: async (relays, hello) => {
      if (!peers) {
        peers = connect()
        peers.onEvent((event) => {
          for (const listener of [...listeners]) listener(event)
        })
      }
      await peers.start(relays, hello)
    },
    useIceServers: (origin, servers) => peers?.useIceServers(origin, servers),
    leave: async (origin) => peers?.leave(origin),
    stop: async () => peers?.stop(),
    allow: (peerId) => peers?.allow(peerId),
    forbid: (peerId) => peers?.forbid(peerId),
    dial: (peer) => peers?.dial(peer) ?? offline(),
    send: (peerId, frame) => peers?.send(peerId, frame) ?? offline(),
    sendMailbox: (origin, frame) => peers?.sendMailbox(origin, frame) ?? offline(),
    hangUp: async (peerId) => peers?.hangUp(peerId),
    roundTrip: (peerId) => peers?.roundTrip(peerId) ?? null,
    dhtPut: (locator, record) => peers?.dhtPut(locator, record) ?? offline(),
    dhtGet: (locator) => peers?.dhtGet(locator) ?? offline(),
    wake: () => peers?.wake(),
    onEvent: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
