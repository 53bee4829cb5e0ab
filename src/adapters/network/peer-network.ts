import type { LocalPeer, PeerEvent, PeerNetwork, Reply } from '../../core/ports/network.ts'
import type { Clock, Random } from '../../core/ports/platform.ts'
import { ok } from '../../lib/result.ts'
import type { IceServer } from '../../protocol/ice-servers.ts'
import type { Info } from '../../protocol/relay-api.ts'
import { ownIntroductions, parsePeerId, relayAddresses } from './addresses.ts'
import { createDialler, type Dialler } from './dialler.ts'
import { failed, mapFailure } from './failures.ts'
import { createGate } from './gate.ts'
import { startNode, type PeerNode } from './libp2p-node.ts'
import { createPeerLinks, type PeerLinks } from './peer-links.ts'
import { createRelayLink, type RelayLink } from './relay-link.ts'
import { createRelayWatch, type RelayWatch } from './watch-relay.ts'

export interface PeerNetworkDeps {
  readonly clock: Clock
  readonly random: Random
  /** True on an https page, where browsers block plain WebSockets. */
  readonly secure: boolean
}

type Hello = Parameters<PeerNetwork['start']>[1]
type Relay = Parameters<PeerNetwork['start']>[0][number]

/** All that lives from one start to the next stop. */
interface Running {
  readonly node: PeerNode
  readonly links: PeerLinks
  readonly dialler: Dialler
  readonly relays: Map<string, RelayLink>
  readonly watchRelay: RelayWatch
  local: string
}

/**
 * The peer network over js-libp2p, for windows and for Node. Calling `start` while it runs adds relays that are new; the others and the
 * peer id stay. `stop` says goodbye to every peer first, so that a page that is being closed only has to begin it.
 */
export const createPeerNetwork = (deps: PeerNetworkDeps): PeerNetwork => {
  const { clock, random, secure } = deps
  const gate = createGate()
  const listeners = new Set<(event: PeerEvent) => void>()
  const infos = new Map<string, Info>()
  /** With credentials, where the core has fetched some; until then those that the relay names to all. */
  const iceServers = new Map<string, readonly IceServer[]>()
  let running: Running | undefined
  let starting: Promise<Running> | undefined

  const emit = (event: PeerEvent): void => {
    for (const listener of [...listeners]) listener(event)
  }

  const begin = async (): Promise<Running> => {
    const relays = new Map<string, RelayLink>()
    const node = await startNode({
      gate,
      iceServers: () => [...infos].flatMap(([origin, info]) => iceServers.get(origin) ?? info.iceServers),
      relays: () => [...relays.values()].flatMap(({ peer }) => node.libp2p.getConnections(peer).slice(0, 1)),
    })
    const { libp2p } = node
    const links = createPeerLinks({
      clock,
      random,
      node: libp2p,
      isAllowed: gate.isAllowed,
      onPeer: (peerId, state) => emit({ type: 'peer', peerId, state }),
      onFrame: (peerId, frame) => emit({ type: 'frame', peerId, frame }),
    })
    await links.start()
    const dialler = createDialler({ node: libp2p, gate, secure, isConnected: links.isConnected })
    const now: Running = { node, links, dialler, relays, watchRelay: createRelayWatch(), local: '' }
    // `self:peer:update` tells the same a second later.
    for (const type of ['transport:listening', 'transport:close'] as const)
      libp2p.addEventListener(type, () => queueMicrotask(() => tellLocal(now)))
    return now
  }

  const tellLocal = (now: Running): void => {
    if (running !== now) return
    const addresses = ownIntroductions(now.node.libp2p.getMultiaddrs())
    const text = addresses.join(' ')
    if (text === now.local) return
    now.local = text
    const peer: LocalPeer | null =
      addresses.length > 0 ? { peerId: now.node.libp2p.peerId.toString(), addresses } : null
    emit({ type: 'local', peer })
  }

  const addRelay = (now: Running, { origin, info }: Relay, hello: Hello): void => {
    const peer = parsePeerId(info.peerId)
    infos.set(origin, info)
    if (!peer || now.relays.get(origin)?.peer.equals(peer) === true) return
    void now.relays.get(origin)?.stop()
    gate.addRelay(info.peerId)
    const { libp2p, reserve } = now.node
    const link = createRelayLink({
      clock,
      random,
      peer,
      hello,
      addresses: relayAddresses(info, secure),
      watch: now.watchRelay,
      node: {
        peerId: libp2p.peerId,
        getConnections: (id) => libp2p.getConnections(id),
        dial: (address, options) => libp2p.dial(address, options),
        reserve,
      },
      onState: (state) => emit({ type: 'relay', origin, state }),
      onFrame: (frame) => emit({ type: 'mailbox', origin, frame }),
    })
    now.relays.set(origin, link)
  }

  const attempt = async <T>(run: (now: Running) => Reply<T>): Reply<T> => {
    if (!running) return failed('offline')
    try {
      return await run(running)
    } catch (error) {
      return { ok: false, error: mapFailure(error) }
    }
  }

  return {
    start: async (relays, hello) => {
      starting ??= begin()
      try {
        running = await starting
      } catch (error) {
        starting = undefined
        throw error
      }
      for (const relay of relays) addRelay(running, relay, hello)
    },
    useIceServers: (origin, servers) => void iceServers.set(origin, servers),
    leave: async (origin) => {
      const link = running?.relays.get(origin)
      infos.delete(origin)
      iceServers.delete(origin)
      if (!running || !link) return
      running.relays.delete(origin)
      await link.stop()
      // One relay may be known by two origins.
      if ([...running.relays.values()].some(({ peer }) => peer.equals(link.peer))) return
      gate.removeRelay(link.peer.toString())
      await running.node.libp2p.hangUp(link.peer).catch(() => undefined)
    },
    stop: async () => {
      const now = running
      running = undefined
      starting = undefined
      if (!now) return
      await now.links.hangUpAll()
      await Promise.all([...now.relays.values()].map((link) => link.stop()))
      await now.node.libp2p.stop()
    },
    allow: gate.allow,
    forbid: (peerId) => {
      gate.forbid(peerId)
      void running?.links.hangUp(peerId)
    },
    dial: (peer) =>
      attempt(async (now) =>
        (await now.links.isConnected(peer.peerId)) ? ok(null) : now.dialler.dial(peer)
      ),
    send: (peerId, frame) => attempt((now) => now.links.send(peerId, frame)),
    sendMailbox: (origin, frame) =>
      attempt(async (now) =>
        (await now.relays.get(origin)?.send(frame)) === true ? ok(null) : failed('relay-unreachable')
      ),
    hangUp: async (peerId) => running?.links.hangUp(peerId),
    roundTrip: (peerId) => running?.links.roundTrip(peerId) ?? null,
    dhtPut: (locator, record) => attempt((now) => now.node.libp2p.services.dht.put(locator, record)),
    dhtGet: (locator) => attempt((now) => now.node.libp2p.services.dht.get(locator)),
    wake: () => {
      for (const link of running?.relays.values() ?? []) link.wake()
      running?.links.probe()
    },
    onEvent: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
