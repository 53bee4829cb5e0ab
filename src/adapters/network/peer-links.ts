import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'
import type { Clock, Random } from '../../core/ports/platform.ts'
import { LIMITS, PROTOCOLS } from '../../protocol/limits.ts'
import { BYE, isBye } from './bye.ts'
import { createEcho } from './echo.ts'
import { frameStream, type FrameStream } from './frame-stream.ts'
import { watchLiveness, type Liveness } from './liveness.ts'

const STREAM_TIMEOUT = 8_000
/** Ten seconds until a hung peer is asked, eight for its answer: less breaks connections of a machine that is only busy. */
const PING = { every: 10_000, patience: 8_000 }
/** Patience after sleep or a change of network, and with a connection that is new. */
const PROBE = 3_000
/** Two connections made at the same moment: the spare one may still carry frames that were under way. */
const SPARE_GRACE = 5_000
/** Whoever dialled closes the circuit that introduced us; if it does not, the other side does. */
const CIRCUIT_GRACE = 5_000

interface Peer {
  readonly id: PeerId
  readonly connections: Map<Connection, Liveness>
  /** Streams we write to, one a connection. */
  readonly streams: Map<Connection, Promise<FrameStream | undefined>>
}

export interface PeerLinksDeps {
  readonly clock: Clock
  readonly random: Random
  readonly node: Libp2p
  isAllowed(peer: PeerId): boolean
  onPeer(peerId: string, state: 'connected' | 'disconnected'): void
  onFrame(peerId: string, frame: Uint8Array): void
}

/** The direct connections and the envelope streams on them. */
export interface PeerLinks {
  /** Serves the other side's envelope streams and follows connections. */
  start(): Promise<void>
  isConnected(peerId: string): boolean
  /** False when there is no direct connection or its stream ended. */
  send(peerId: string, frame: Uint8Array): Promise<boolean>
  roundTrip(peerId: string): number | null
  /** Says goodbye and closes. */
  hangUp(peerId: string): Promise<void>
  hangUpAll(): Promise<void>
  /** Pings every connection and drops those that do not answer. */
  probe(): void
}

/** Direct: WebRTC from end to end, or WebTransport. A circuit only introduces, and WebRTC-direct leads to servers. */
export const isDirect = (connection: Connection): boolean =>
  connection.limits === undefined &&
  connection.remoteAddr.getComponents().some(({ name }) => name === 'webrtc' || name === 'webtransport')

/** Makes the links of one node. */
export const createPeerLinks = (deps: PeerLinksDeps): PeerLinks => {
  const { clock, random, node } = deps
  const own = node.peerId.toString()
  const peers = new Map<string, Peer>()

  const admitted = (connection: Connection): boolean =>
    isDirect(connection) && deps.isAllowed(connection.remotePeer)

  const read = (stream: Stream, connection: Connection, onEnd: () => void): FrameStream => {
    const id = connection.remotePeer.toString()
    return frameStream(stream, {
      onFrame: (frame) => {
        if (isBye(frame)) return dropAll(id, new Error('the other side said goodbye'))
        deps.onFrame(id, frame)
      },
      onEnd,
    })
  }

  const dropAll = (id: string, reason: Error): void => {
    for (const connection of peers.get(id)?.connections.keys() ?? []) connection.abort(reason)
  }

  /** Both sides prefer the same one of two: that of the side whose peer id is smaller. */
  const best = (peer: Peer): Connection | undefined => {
    const open = [...peer.connections.keys()].filter((one) => one.status === 'open')
    const preferred = own < peer.id.toString() ? 'outbound' : 'inbound'
    return open.find((one) => one.direction === preferred) ?? open[0]
  }

  const streamOf = (peer: Peer, connection: Connection): Promise<FrameStream | undefined> => {
    const known = peer.streams.get(connection)
    if (known) return known
    const forget = (): void => {
      if (peer.streams.get(connection) === opening) peer.streams.delete(connection)
    }
    const opening = connection
      .newStream(PROTOCOLS.envelopes, { signal: AbortSignal.timeout(STREAM_TIMEOUT) })
      .then((stream) => read(stream, connection, forget))
      .catch(() => {
        forget()
        return undefined
      })
    peer.streams.set(connection, opening)
    return opening
  }

  const watch = (connection: Connection): Liveness =>
    watchLiveness({
      clock,
      // The other side ends streams that stay open.
      echo: createEcho(connection, { clock, random, keep: false }),
      wait: () => PING.every,
      patience: PING.patience,
      onSilence: (reason) => connection.abort(reason),
    })

  const closeSpares = (peer: Peer): void => {
    const kept = best(peer)
    for (const connection of peer.connections.keys())
      if (connection !== kept) void connection.close().catch(() => undefined)
  }

  const onOpen = (connection: Connection): void => {
    if (!isDirect(connection)) return
    // Dialled ones are admitted before the dial; this is the last door for anything that came by another way.
    if (!deps.isAllowed(connection.remotePeer)) return connection.abort(new Error('not admitted'))
    const id = connection.remotePeer.toString()
    const peer = peers.get(id) ?? {
      id: connection.remotePeer,
      connections: new Map(),
      streams: new Map(),
    }
    const isFirst = peer.connections.size === 0
    peers.set(id, peer)
    const liveness = watch(connection)
    peer.connections.set(connection, liveness)
    if (isFirst) deps.onPeer(id, 'connected')
    else if (own < id) clock.after(SPARE_GRACE, () => closeSpares(peer))
    // The first message should not wait for a stream.
    void streamOf(peer, connection)
    void liveness.probe(PROBE)
    if (connection.direction === 'inbound')
      clock.after(CIRCUIT_GRACE, () => void closeCircuits(node, connection.remotePeer))
  }

  const onClose = (connection: Connection): void => {
    const id = connection.remotePeer.toString()
    const peer = peers.get(id)
    peer?.connections.get(connection)?.stop()
    if (!peer?.connections.delete(connection)) return
    peer.streams.delete(connection)
    if (peer.connections.size > 0) return
    peers.delete(id)
    deps.onPeer(id, 'disconnected')
  }

  const send = async (id: string, frame: Uint8Array): Promise<boolean> => {
    const peer = peers.get(id)
    const connection = peer && best(peer)
    if (!peer || !connection || frame.length > LIMITS.frameBytes) return false
    const stream = await streamOf(peer, connection)
    return stream ? stream.send(frame) : false
  }

  const hangUp = async (id: string): Promise<void> => {
    const peer = peers.get(id)
    if (!peer) return
    await Promise.race([send(id, BYE), new Promise((resolve) => clock.after(500, () => resolve(false)))])
    await Promise.all(
      [...peer.connections.keys()].map((one) => one.close().catch((error: Error) => one.abort(error)))
    )
    await closeCircuits(node, peer.id)
  }

  return {
    start: async () => {
      node.addEventListener('connection:open', ({ detail }) => onOpen(detail))
      node.addEventListener('connection:close', ({ detail }) => onClose(detail))
      await node.handle(
        PROTOCOLS.envelopes,
        (stream, connection) => {
          if (!admitted(connection)) return stream.abort(new Error('not admitted'))
          read(stream, connection, () => {})
        },
        { maxInboundStreams: 4, maxOutboundStreams: 4, runOnLimitedConnection: false }
      )
    },
    isConnected: (id) => (peers.get(id)?.connections.size ?? 0) > 0,
    send,
    roundTrip: (id) => {
      const peer = peers.get(id)
      const connection = peer && best(peer)
      return (connection && peer.connections.get(connection)?.roundTrip()) ?? null
    },
    hangUp,
    hangUpAll: async () => void (await Promise.all([...peers.keys()].map(hangUp))),
    probe: () => {
      for (const { connections } of peers.values())
        for (const liveness of connections.values()) void liveness.probe(PROBE)
    },
  }
}

/** Closes relayed connections to a peer: only those that we opened, where the other side may be using its own for a dial. */
export const closeCircuits = async (
  node: Libp2p,
  peer: PeerId,
  which: 'all' | 'ours' = 'all'
): Promise<void> => {
  const circuits = node
    .getConnections(peer)
    .filter((one) => !isDirect(one) && (which === 'all' || one.direction === 'outbound'))
  await Promise.all(circuits.map((one) => one.close().catch(() => undefined)))
}
