/** Who may come in. Strangers are turned away before they learn anything of us: no stream, no ICE candidate. */
import type {
  Connection,
  ConnectionGater,
  PeerId,
  StreamHandler,
  StreamHandlerOptions,
} from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'

export interface Gate {
  readonly gater: ConnectionGater
  /** A peer that an accepted contact has named. */
  allow(peerId: string): void
  forbid(peerId: string): void
  /** A relay of ours: it may bring circuits, never be one's other end. */
  addRelay(peerId: string): void
  removeRelay(peerId: string): void
  isRelay(peer: PeerId): boolean
  isAllowed(peer: PeerId): boolean
}

/** Makes the gate of one node. */
export const createGate = (): Gate => {
  const allowed = new Set<string>()
  const relays = new Set<string>()
  const isRelay = (peer: PeerId): boolean => relays.has(peer.toString())
  // A contact who names our relay as their peer must not make us answer its offers.
  const isAllowed = (peer: PeerId): boolean => allowed.has(peer.toString()) && !isRelay(peer)
  return {
    allow: (peerId) => void allowed.add(peerId),
    forbid: (peerId) => void allowed.delete(peerId),
    addRelay: (peerId) => void relays.add(peerId),
    removeRelay: (peerId) => void relays.delete(peerId),
    isRelay,
    isAllowed,
    gater: {
      // The browser default also forbids private addresses and plain WebSockets: self-hosted relays, and addresses.ts decides.
      denyDialMultiaddr: () => false,
      denyInboundRelayedConnection: (relay, peer) => !isRelay(relay) || !isAllowed(peer),
      // The relay only claimed who calls; here the Noise handshake has shown it.
      denyInboundEncryptedConnection: (peer) => !isAllowed(peer),
      denyInboundUpgradedConnection: (peer) => !isAllowed(peer),
    },
  }
}

/**
 * Components whose registrar serves a stream only on connections that `admits` lets pass. libp2p has no such rule of its own: it
 * would answer a WebRTC offer of whoever is connected, a relay for instance, with our ICE candidates.
 */
export const guarded = <C extends { readonly registrar: Registrar }>(
  components: C,
  admits: (connection: Connection) => boolean
): C => {
  const handle = (protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void> =>
    components.registrar.handle(
      protocol,
      (stream, connection) => {
        if (admits(connection)) return handler(stream, connection)
        stream.abort(new Error('not admitted'))
      },
      options
    )
  const withHandle = (registrar: Registrar): Registrar =>
    new Proxy(registrar, {
      get: (target, key) => {
        if (key === 'handle') return handle
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
  return new Proxy(components, {
    get: (target, key) =>
      key === 'registrar' ? withHandle(target.registrar) : (Reflect.get(target, key) as unknown),
  })
}
