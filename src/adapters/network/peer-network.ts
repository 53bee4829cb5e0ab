import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { fromBinary } from '@bufbuild/protobuf'
import type { NetworkError } from '../../core/domain/errors.ts'
import type { LocalPeer, PeerEvent, PeerNetwork, Reply } from '../../core/ports/network.ts'
import type { Clock, Random } from '../../core/ports/platform.ts'
import { err, ok, type Result } from '../../lib/result.ts'
import { PeerFrameSchema } from '../../protocol/gen/wire_pb.js'
import { LIMITS } from '../../protocol/limits.ts'
import { relayAddresses } from './addresses.ts'
import { createDirectLinks, type DirectLinks } from './direct-links.ts'
import { createNode, type Node } from './libp2p-node.ts'
import { openMailboxLink, type MailboxLink } from './mailbox-link.ts'

export interface PeerNetworkDeps {
  readonly clock: Clock
  readonly random: Random
  /** The page came by HTTPS: plain WebSockets are blocked. */
  readonly secure: boolean
}

interface Running {
  readonly node: Node
  readonly direct: DirectLinks
  readonly links: ReadonlyMap<string, MailboxLink>
  readonly relays: readonly PeerId[]
}

const failed = (reason: NetworkError['reason']): Result<never, NetworkError> => err({ kind: 'network', reason })

/** The libp2p node behind the port. Browser windows and Node alike. */
export const createPeerNetwork = (deps: PeerNetworkDeps): PeerNetwork => {
  const listeners = new Set<(event: PeerEvent) => void>()
  const allowed = new Set<string>()
  let running: Running | undefined
  let starting: Promise<void> | undefined
  let lastLocal = ''

  const emit = (event: PeerEvent): void => {
    for (const listener of [...listeners]) listener(event)
  }

  const onFrame = (peerId: string, frame: Uint8Array): void => {
    if (isBye(frame)) void running?.direct.hangUp(peerId).catch(() => undefined)
    else emit({ type: 'frame', peerId, frame })
  }

  const tellLocal = (node: Node): void => {
    const addresses = node
      .getMultiaddrs()
      .map(String)
      .filter((address) => address.includes('/p2p-circuit') && address.includes('/webrtc'))
      .slice(0, LIMITS.knockAddresses)
    const local: LocalPeer | null = addresses.length > 0 ? { peerId: node.peerId.toString(), addresses } : null
    const text = JSON.stringify(local)
    if (text === lastLocal) return
    lastLocal = text
    emit({ type: 'local', peer: local })
  }

  const start: PeerNetwork['start'] = async (relays, hello) => {
    const isAllowed = (peerId: string): boolean => allowed.has(peerId)
    const iceServers = relays.flatMap(({ info }) => info.iceServers)
    const node = await createNode({ isAllowed, iceServers })
    const direct = await createDirectLinks({
      node,
      isAllowed,
      onPeer: (peerId, state) => emit({ type: 'peer', peerId, state }),
      onFrame,
    })
    node.addEventListener('self:peer:update', () => tellLocal(node))
    const links = new Map<string, MailboxLink>()
    for (const { origin, info } of relays) {
      links.set(
        origin,
        openMailboxLink({
          node,
          clock: deps.clock,
          random: deps.random,
          peerId: info.peerId,
          addresses: relayAddresses(origin, info.peerId, info.addresses, deps.secure),
          hello,
          onState: (state) => emit({ type: 'relay', origin, state }),
          onFrame: (frame) => emit({ type: 'mailbox', origin, frame }),
        })
      )
    }
    running = { node, direct, links, relays: relays.map(({ info }) => peerIdFromString(info.peerId)) }
  }

  const dht = async <T>(use: (running: Running) => Promise<T>): Promise<Result<T, NetworkError>> => {
    if (!running) return failed('offline')
    try {
      return ok(await use(running))
    } catch {
      return failed('timeout')
    }
  }

  return {
    start: (relays, hello) => {
      starting ??= start(relays, hello).catch((error: unknown) => {
        starting = undefined
        throw error
      })
      return starting
    },
    stop: async () => {
      const stopping = running
      running = undefined
      starting = undefined
      if (!stopping) return
      for (const link of stopping.links.values()) link.stop()
      await stopping.direct.stop()
      await stopping.node.services.dht.stop()
      await stopping.node.stop()
    },
    allow: (peerId) => void allowed.add(peerId),
    forbid: (peerId) => {
      allowed.delete(peerId)
      void running?.direct.hangUp(peerId).catch(() => undefined)
    },
    dial: async (peer): Reply<null> => {
      if (!running) return failed('offline')
      return (await running.direct.dial(peer)) ? ok(null) : failed('timeout')
    },
    send: async (peerId, frame) => ((await running?.direct.send(peerId, frame)) ? ok(null) : failed('offline')),
    sendMailbox: async (origin, frame) => ((await running?.links.get(origin)?.send(frame)) ? ok(null) : failed('relay-unreachable')),
    hangUp: async (peerId) => {
      await running?.direct.hangUp(peerId).catch(() => undefined)
    },
    roundTrip: (peerId) => running?.direct.roundTrip(peerId) ?? null,
    dhtPut: async (locator, record) => {
      const reply = await dht((now) => now.node.services.dht.put(locator, record, now.relays))
      return reply.ok ? (reply.value ? ok(null) : failed('refused')) : reply
    },
    dhtGet: async (locator) => {
      const reply = await dht((now) => now.node.services.dht.get(locator, now.relays))
      return reply.ok ? (reply.value ? ok(reply.value) : failed('not-found')) : reply
    },
    wake: () => {
      for (const link of running?.links.values() ?? []) link.check()
      running?.direct.check()
    },
    onEvent: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

const isBye = (frame: Uint8Array): boolean => {
  try {
    return fromBinary(PeerFrameSchema, frame).frame.case === 'bye'
  } catch {
    return false
  }
}
