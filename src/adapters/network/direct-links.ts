import { create, toBinary } from '@bufbuild/protobuf'
import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { WebRTC } from '@multiformats/multiaddr-matcher'
import type { LocalPeer } from '../../core/ports/network.ts'
import { ByeSchema, PeerFrameSchema } from '../../protocol/gen/wire_pb.js'
import { PROTOCOLS } from '../../protocol/limits.ts'
import { directAddresses } from './addresses.ts'
import { frameStream, type FrameStream } from './frame-stream.ts'
import type { Node } from './libp2p-node.ts'

export interface DirectLinksDeps {
  readonly node: Node
  readonly isAllowed: (peerId: string) => boolean
  readonly onPeer: (peerId: string, state: 'connected' | 'disconnected') => void
  readonly onFrame: (peerId: string, frame: Uint8Array) => void
}

/** Streams to peers over direct connections. One a peer is used for both directions. */
export interface DirectLinks {
  dial(peer: LocalPeer): Promise<boolean>
  send(peerId: string, frame: Uint8Array): Promise<boolean>
  hangUp(peerId: string): Promise<void>
  roundTrip(peerId: string): number | null
  /** Asks every peer whether it is still there. */
  check(): void
  stop(): Promise<void>
}

const DIAL_TIMEOUT = 8_000
const CHECK_TIMEOUT = 3_000
const BYE = toBinary(PeerFrameSchema, create(PeerFrameSchema, { frame: { case: 'bye', value: create(ByeSchema) } }))

/** A WebRTC connection between the two of us; what goes through a relay has limits and is no direct path. */
export const isDirect = (connection: Connection): boolean =>
  connection.status === 'open' && connection.limits === undefined && WebRTC.matches(connection.remoteAddr)

/** Handles the envelope protocol of a node. */
export const createDirectLinks = async (deps: DirectLinksDeps): Promise<DirectLinks> => {
  const { node } = deps
  const streams = new Map<string, Set<FrameStream>>()

  const adopt = (peerId: string, stream: Stream): void => {
    const open = streams.get(peerId) ?? new Set<FrameStream>()
    const isNew = open.size === 0
    const made: FrameStream = frameStream(stream, {
      frame: (frame) => deps.onFrame(peerId, frame),
      close: () => {
        open.delete(made)
        if (open.size > 0 || streams.get(peerId) !== open) return
        streams.delete(peerId)
        deps.onPeer(peerId, 'disconnected')
      },
    })
    open.add(made)
    streams.set(peerId, open)
    if (isNew) deps.onPeer(peerId, 'connected')
  }

  /** The relayed connection has done its work of introduction. */
  const dropRelayed = (peerId: string): void => {
    for (const connection of node.getConnections(peerIdFromString(peerId)))
      if (connection.limits !== undefined) void connection.close().catch(() => undefined)
  }

  await node.handle(PROTOCOLS.envelopes, (stream, connection) => {
    const peerId = connection.remotePeer.toString()
    if (!deps.isAllowed(peerId) || !isDirect(connection)) {
      stream.abort(new Error('not a direct connection of somebody we know'))
      return
    }
    adopt(peerId, stream)
    dropRelayed(peerId)
  })

  const connectionTo = async (peer: LocalPeer): Promise<Connection | undefined> => {
    const open = node.getConnections(peerIdFromString(peer.peerId)).find(isDirect)
    if (open) return open
    for (const address of directAddresses(peer.peerId, peer.addresses)) {
      try {
        const made = await node.dial(address, { signal: AbortSignal.timeout(DIAL_TIMEOUT), force: true })
        if (isDirect(made)) return made
      } catch {
        // The next address, or none: the caller has the mailbox.
      }
    }
    return undefined
  }

  return {
    dial: async (peer) => {
      if (streams.has(peer.peerId)) return true
      const connection = await connectionTo(peer)
      if (!connection) return false
      try {
        const stream = await connection.newStream(PROTOCOLS.envelopes, { signal: AbortSignal.timeout(DIAL_TIMEOUT) })
        adopt(peer.peerId, stream)
        dropRelayed(peer.peerId)
        return true
      } catch {
        return false
      }
    },
    send: async (peerId, frame) => {
      const [stream] = streams.get(peerId) ?? []
      return stream ? stream.send(frame) : false
    },
    hangUp: async (peerId) => node.hangUp(peerIdFromString(peerId)),
    roundTrip: (peerId) => node.getConnections(peerIdFromString(peerId)).find(isDirect)?.rtt ?? null,
    check: () => {
      for (const peerId of streams.keys()) {
        const peer = peerIdFromString(peerId)
        void node.services.ping.ping(peer, { signal: AbortSignal.timeout(CHECK_TIMEOUT) }).catch(() => {
          for (const connection of node.getConnections(peer)) connection.abort(new Error('no answer after waking up'))
        })
      }
    },
    stop: async () => {
      await Promise.all([...streams.values()].flatMap((open) => [...open].map((stream) => stream.send(BYE))))
      for (const open of streams.values()) for (const stream of open) stream.close()
    },
  }
}
