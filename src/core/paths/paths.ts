import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { CoreContext, Paths } from '../context.ts'
import type { PathInfo, PathReason } from '../domain/conversation.ts'
import { compose } from '../jobs/compose.ts'
import { newMessageId, nextClock } from '../jobs/rows.ts'
import type { LocalPeer } from '../ports/network.ts'
import type { ContactRow } from '../ports/storage.ts'
import { EndpointSchema, type Endpoint } from '../../protocol/gen/identity_pb.js'
import { type AccountId, type DeviceId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { NOTHING_UNKNOWN } from '../../protocol/nothing-unknown.ts'
import { createAttempts } from './attempts.ts'

type Deps = Omit<CoreContext, 'paths'>

/** Knocks are of no use to somebody who is away longer than this, seconds. */
const KNOCK_TTL = 30
/** A contact we exchanged something with this recently is reconnected by ourselves. */
const WANTED_FOR = 10 * 60 * 1000
const ENDPOINT_REFRESH = LIMITS.endpointTtl / 2

/**
 * Direct connections (architecture §4): look up where the contact's devices are, knock through the mailbox, and dial when they answer.
 * A peer is let in only when an accepted contact has named it inside an encrypted message.
 */
export const createPaths = (deps: Deps): Paths & { start(): void; stop(): void } => {
  const { store, crypto, relays, peers, clock, signals } = deps
  const attempts = createAttempts({ clock, random: deps.random, background: deps.background })
  /** Who named a peer as theirs. */
  const owners = new Map<string, { account: AccountId; device: DeviceId }>()
  const connected = new Map<string, number>()
  const reasons = new Map<AccountId, { reason: PathReason; since: number }>()
  const wantedAt = new Map<AccountId, number>()
  let local: LocalPeer | null = null
  let cancelRefresh = () => {}
  const ends: (() => void)[] = []

  const setReason = (account: AccountId, reason: PathReason): void => {
    if (reasons.get(account)?.reason === reason) return
    reasons.set(account, { reason, since: clock.now() })
    signals.emit('path', account)
  }

  const peerOf = (account: AccountId, device: DeviceId): string | undefined => {
    for (const peer of connected.keys()) {
      const owner = owners.get(peer)
      if (owner?.account === account && owner.device === device) return peer
    }
    return undefined
  }

  const anyPeerOf = (account: AccountId): string | undefined =>
    [...connected.keys()].find((peer) => owners.get(peer)?.account === account)

  /** Allows a peer that `account` has named; an older one of the same device is let go. */
  const adopt = (account: AccountId, device: DeviceId, peerId: string): void => {
    for (const [peer, owner] of owners) {
      if (owner.account === account && owner.device === device && peer !== peerId && !connected.has(peer)) {
        owners.delete(peer)
        peers.forbid(peer)
      }
    }
    owners.set(peerId, { account, device })
    peers.allow(peerId)
  }

  const contactOf = (account: AccountId): ContactRow | undefined => {
    const row = store.read((tx) => tx.contacts.get(account))
    return row?.state === 'accepted' && row.safety !== 'review' ? row : undefined
  }

  const endpointsOf = async (contact: ContactRow): Promise<readonly Endpoint[] | undefined> => {
    if (!contact.deliveryKey || !contact.profileKey) return []
    const { account, deliveryKey, profileKey } = contact
    // All at once: one relay may be dead, or hold what was true before it was.
    const replies = await Promise.all(
      contact.relays.map((relay) => relays.getEndpoints(relay, account, deliveryKey))
    )
    if (!replies.some((reply) => reply.ok)) return undefined
    const newest = new Map<number, Endpoint>()
    for (const entry of replies.flatMap((reply) => (reply.ok ? reply.value : []))) {
      const plain = crypto.openEndpoint(profileKey, entry.sealed)
      const endpoint = plain && parseEndpoint(plain)
      if (!endpoint || endpoint.deviceId !== entry.device) continue
      if (Number(endpoint.publishedAt) <= clock.now() - LIMITS.endpointTtl) continue
      const known = newest.get(entry.device)
      if (!known || known.publishedAt < endpoint.publishedAt) newest.set(entry.device, endpoint)
    }
    return [...newest.values()]
  }

  const knock = async (account: AccountId, device: DeviceId, at: LocalPeer): Promise<boolean> => {
    const content = store.transaction((tx) =>
      compose(tx, account, newMessageId(), nextClock(tx, clock.now()), {
        kind: 'knock',
        peerId: at.peerId,
        addresses: bounded(at.addresses),
      })
    )
    return deps.outbox.sendEphemeral(account, device, content, KNOCK_TTL)
  }

  const attempt = async (account: AccountId): Promise<void> => {
    const contact = contactOf(account)
    if (!contact || anyPeerOf(account)) return
    if (!local) return setReason(account, 'connecting')
    setReason(account, 'connecting')
    const endpoints = await endpointsOf(contact)
    if (!endpoints) return setReason(account, 'relay-down')
    if (endpoints.length === 0) return setReason(account, 'contact-away')
    for (const endpoint of endpoints) await knock(account, endpoint.deviceId as DeviceId, local)
  }

  const want = (account: AccountId): void => {
    wantedAt.set(account, clock.now())
    if (!contactOf(account) || anyPeerOf(account)) return
    attempts.start(
      account,
      () => attempt(account),
      () => anyPeerOf(account) !== undefined
    )
  }

  const wanted = (account: AccountId): boolean => (wantedAt.get(account) ?? 0) > clock.now() - WANTED_FOR

  const onKnock: Paths['onKnock'] = (account, device, { id, peerId, addresses }) => {
    if (!contactOf(account) || !local) return
    void addresses
    wantedAt.set(account, clock.now())
    adopt(account, device, peerId)
    const reply = local
    const content = store.transaction((tx) =>
      compose(tx, account, newMessageId(), nextClock(tx, clock.now()), {
        kind: 'knockReply',
        knockId: id,
        peerId: reply.peerId,
        addresses: bounded(reply.addresses),
      })
    )
    deps.background('knock-failed', () => deps.outbox.sendEphemeral(account, device, content, KNOCK_TTL))
  }

  const onKnockReply: Paths['onKnockReply'] = (account, device, peer) => {
    if (!contactOf(account)) return
    adopt(account, device, peer.peerId)
    if (peerOf(account, device)) return
    deps.background('dial-failed', async () => {
      const dialled = await peers.dial({ peerId: peer.peerId, addresses: peer.addresses })
      if (!dialled.ok && !anyPeerOf(account)) setReason(account, 'direct-failed')
    })
  }

  const publish = async (): Promise<void> => {
    cancelRefresh()
    const own = deps.own()
    if (!own || !local) return
    const endpoint = create(EndpointSchema, {
      deviceId: own.device,
      peerId: local.peerId,
      addresses: bounded(local.addresses),
      publishedAt: BigInt(clock.now()),
    })
    const sealed = crypto.sealEndpoint(own.profileKey, toBinary(EndpointSchema, endpoint))
    cancelRefresh = clock.after(ENDPOINT_REFRESH, publishSoon)
    await Promise.all(own.relays.map((origin) => relays.putEndpoint(origin, deps.signer(own), sealed)))
  }

  const publishSoon = (): void => deps.background('endpoint-failed', publish)

  /** Now there is an address to be called at: whoever is wanted does not wait for the next turn, nor for the endpoint to be published. */
  const hurry = (): void => {
    if (!local) return
    for (const account of wantedAt.keys()) {
      if (!wanted(account)) continue
      attempts.end(account)
      want(account)
    }
  }

  const onPeer = (peerId: string, state: 'connected' | 'disconnected'): void => {
    const owner = owners.get(peerId)
    if (state === 'connected') connected.set(peerId, clock.now())
    else connected.delete(peerId)
    signals.emit('connection', null)
    if (!owner) return
    if (state === 'connected') {
      attempts.end(owner.account)
      setReason(owner.account, 'connected')
      deps.outbox.kick(owner.account)
    } else {
      setReason(owner.account, 'connecting')
      deps.outbox.kick(owner.account)
      if (wanted(owner.account)) want(owner.account)
    }
  }

  const info = (account: AccountId): PathInfo => {
    const row = store.read((tx) => tx.contacts.get(account))
    const peer = anyPeerOf(account)
    const noted = reasons.get(account)
    const since = noted?.since ?? row?.since ?? clock.now()
    if (row?.state !== 'accepted') return { path: 'waiting', reason: 'not-accepted', since, roundTrip: null }
    if (row.safety === 'review') return { path: 'waiting', reason: 'needs-review', since, roundTrip: null }
    if (peer)
      return {
        path: 'direct',
        reason: 'connected',
        since: connected.get(peer) ?? since,
        roundTrip: peers.roundTrip(peer),
      }
    const own = deps.own()
    const reachable = own?.relays.some((origin) => deps.upkeep.state(origin).state === 'connected') ?? false
    if (!reachable || noted?.reason === 'relay-down')
      return { path: 'waiting', reason: 'relay-down', since, roundTrip: null }
    return {
      path: 'relay',
      reason: noted?.reason === 'connected' ? 'connecting' : (noted?.reason ?? 'connecting'),
      since,
      roundTrip: null,
    }
  }

  return {
    want,
    peerOf,
    info,
    directPeers: () => connected.size,
    onKnock,
    onKnockReply,
    drop: (account) => {
      attempts.end(account)
      wantedAt.delete(account)
      for (const [peer, owner] of owners) {
        if (owner.account !== account) continue
        owners.delete(peer)
        peers.forbid(peer)
        deps.background('hang-up-failed', () => peers.hangUp(peer))
      }
      publishSoon()
    },
    publish,
    depositEnded: (account, ok) => {
      const down = reasons.get(account)?.reason === 'relay-down'
      if (!ok) setReason(account, 'relay-down')
      else if (down) {
        setReason(account, 'connecting')
        if (wanted(account)) want(account)
      }
    },
    start: () => {
      ends.push(
        peers.onEvent((event) => {
          if (event.type === 'peer') onPeer(event.peerId, event.state)
          if (event.type === 'local') {
            local = event.peer
            publishSoon()
            hurry()
          }
          // It may have been away when the others were told.
          if (event.type === 'relay' && event.state === 'connected') publishSoon()
        })
      )
    },
    stop: () => {
      cancelRefresh()
      attempts.stop()
      for (const end of ends) end()
    },
  }
}

/** As many addresses as an endpoint has room for when it is sealed and padded. */
const bounded = (addresses: readonly string[]): string[] => {
  let room = LIMITS.endpointBytes / 2
  return addresses.slice(0, LIMITS.knockAddresses).filter((address) => (room -= address.length) >= 0)
}

const parseEndpoint = (plain: Uint8Array): Endpoint | undefined => {
  try {
    const endpoint = fromBinary(EndpointSchema, plain, NOTHING_UNKNOWN)
    const bounded = endpoint.addresses.length <= LIMITS.knockAddresses && endpoint.peerId.length <= 128
    return bounded ? endpoint : undefined
  } catch {
    return undefined
  }
}
