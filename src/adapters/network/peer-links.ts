import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'
import type { Clock, Random } from '../../core/ports/platform.ts'
import type { Reply } from '../../core/ports/network.ts'
import { ok } from '../../lib/result.ts'
import { LIMITS, PROTOCOLS } from '../../protocol/limits.ts'
import { BYE, isBye } from './bye.ts'
import { createEcho } from './echo.ts'
import { failed } from './failures.ts'
import { frameStream, type FrameStream } from './frame-stream.ts'
import { watchLiveness, type Liveness } from './liveness.ts'

const STREAM_TIMEOUT = 8_000
/** Ten seconds until a hung peer is asked, eight for its answer: less breaks connections of a machine that is only busy. */
const PING = { every: 10_000, patience: 8_000 }
/** Patience after sleep or a change of network. */
const PROBE = 3_000
/** Two connections made at the same moment: the spare one may still carry frames that were under way. */
const SPARE_GRACE = 5_000
/** Whoever dialled closes the circuit that introduced us; if it does not, the other side does. */
const CIRCUIT_GRACE = 5_000

/** What is known of one connection. */
interface Link {
  readonly liveness: Liveness
  /** The one we write to; undefined when it ended and nothing was sent since. */
  stream?: Promise<FrameStream | undefined>
  /** A stream was opened, so the connection carries frames. One that breaks in its first moments never does. */
  works: boolean
}

interface Peer {
  readonly id: PeerId
  readonly links: Map<Connection, Link>
}

export interface PeerLinksDeps {
  readonly clock: Clock
  readonly random: Random
  readonly node: Pick<Libp2p, 'peerId' | 'addEventListener' | 'handle' | 'getConnections'>
  isAllowed(peer: PeerId): boolean
  onPeer(peerId: string, state: 'connected' | 'disconnected'): void
  onFrame(peerId: string, frame: Uint8Array): void
}

/** The direct connections and the envelope streams on them. */
export interface PeerLinks {
  /** Serves the other side's envelope streams and follows connections. */
  start(): Promise<void>
  /** Whether there is a direct connection that carries frames; waits for those that are just beginning. */
  isConnected(peerId: string): Promise<boolean>
  /** `not-found` when there is no direct connection, `timeout` when its stream ended. */
  send(peerId: string, frame: Uint8Array): Reply<null>
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
    for (const connection of peers.get(id)?.links.keys() ?? []) connection.abort(reason)
  }

  const working = (peer: Peer): Connection[] =>
    [...peer.links].flatMap(([connection, { works }]) => (works ? [connection] : []))

  /** Of those that work, or else of those that are beginning. Both sides prefer the same one of two: that of the side whose peer id is smaller. */
  const best = (peer: Peer): Connection | undefined => {
    const isOpen = (one: Connection): boolean => one.status === 'open'
    const open = working(peer).filter(isOpen)
    const all = open.length > 0 ? open : [...peer.links.keys()].filter(isOpen)
    const preferred = own < peer.id.toString() ? 'outbound' : 'inbound'
    return all.find((one) => one.direction === preferred) ?? all[0]
  }

  const onWorks = (peer: Peer, link: Link): void => {
    if (link.works) return
    link.works = true
    const id = peer.id.toString()
    if (working(peer).length === 1) deps.onPeer(id, 'connected')
    else if (own < id) clock.after(SPARE_GRACE, () => closeSpares(peer))
  }

  /** Undefined when none can be opened: then the connection is given up, for it is no better than none. */
  const streamOf = async (peer: Peer, connection: Connection): Promise<FrameStream | undefined> => {
    const link = peer.links.get(connection)
    if (!link || link.stream) return link?.stream
    const forget = (): void => {
      if (link.stream === opening) delete link.stream
    }
    const opening = connection
      .newStream(PROTOCOLS.envelopes, { signal: AbortSignal.timeout(STREAM_TIMEOUT) })
      .then(
        (stream) => {
          const frames = read(stream, connection, forget)
          onWorks(peer, link)
          return frames
        },
        () => {
          connection.abort(new Error('no envelope stream'))
          return undefined
        }
      )
    link.stream = opening
    return opening
  }

  /** The stream of the best connection; of the next one, when that one breaks before it has a stream. */
  const reach = async (peer: Peer): Promise<FrameStream | undefined> => {
    for (let connection = best(peer); connection; connection = best(peer)) {
      const stream = await streamOf(peer, connection)
      if (stream) return stream
    }
    return undefined
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
    for (const connection of working(peer))
      if (connection !== kept) void connection.close().catch(() => undefined)
  }

  const onOpen = (connection: Connection): void => {
    if (!isDirect(connection)) return
    // Dialled ones are admitted before the dial; this is the last door for anything that came by another way.
    if (!deps.isAllowed(connection.remotePeer)) return connection.abort(new Error('not admitted'))
    const id = connection.remotePeer.toString()
    const peer = peers.get(id) ?? { id: connection.remotePeer, links: new Map<Connection, Link>() }
    peers.set(id, peer)
    const liveness = watch(connection)
    peer.links.set(connection, { liveness, works: false })
    // The first message should not wait for a stream.
    void streamOf(peer, connection)
    void liveness.probe(PING.patience)
    if (connection.direction === 'inbound')
      clock.after(CIRCUIT_GRACE, () => void closeCircuits(node, connection.remotePeer))
  }

  const onClose = (connection: Connection): void => {
    const id = connection.remotePeer.toString()
    const peer = peers.get(id)
    const link = peer?.links.get(connection)
    if (!peer || !link) return
    link.liveness.stop()
    peer.links.delete(connection)
    if (peer.links.size === 0) peers.delete(id)
    if (link.works && working(peer).length === 0) deps.onPeer(id, 'disconnected')
  }

  const send = async (id: string, frame: Uint8Array): Reply<null> => {
    if (frame.length > LIMITS.frameBytes) return failed('timeout')
    const peer = peers.get(id)
    const stream = peer && (await reach(peer))
    if (!stream) return failed('not-found')
    return (await stream.send(frame)) ? ok(null) : failed('timeout')
  }

  const hangUp = async (id: string): Promise<void> => {
    const peer = peers.get(id)
    if (!peer) return
    await Promise.race([send(id, BYE), new Promise((resolve) => clock.after(500, () => resolve(false)))])
    await Promise.all(
      [...peer.links.keys()].map((one) => one.close().catch((error: Error) => one.abort(error)))
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
    isConnected: async (id) => {
      const peer = peers.get(id)
      return peer !== undefined && (await reach(peer)) !== undefined
    },
    send,
    roundTrip: (id) => {
      const peer = peers.get(id)
      const connection = peer && best(peer)
      return (connection && peer.links.get(connection)?.liveness.roundTrip()) ?? null
    },
    hangUp,
    hangUpAll: async () => void (await Promise.all([...peers.keys()].map(hangUp))),
    probe: () => {
      for (const { links } of peers.values())
        for (const { liveness } of links.values()) void liveness.probe(PROBE)
    },
  }
}

/** Closes relayed connections to a peer: only those that we opened, where the other side may be using its own for a dial. */
export const closeCircuits = async (
  node: Pick<Libp2p, 'getConnections'>,
  peer: PeerId,
  which: 'all' | 'ours' = 'all'
): Promise<void> => {
  const circuits = node
    .getConnections(peer)
    .filter((one) => !isDirect(one) && (which === 'all' || one.direction === 'outbound'))
  await Promise.all(circuits.map((one) => one.close().catch(() => undefined)))
}
