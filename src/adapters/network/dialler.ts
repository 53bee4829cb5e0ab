import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { LocalPeer, Reply } from '../../core/ports/network.ts'
import { ok } from '../../lib/result.ts'
import { introductions, parsePeerId } from './addresses.ts'
import { failed, mapFailure } from './failures.ts'
import type { Gate } from './gate.ts'
import { closeCircuits, isDirect } from './peer-links.ts'

/**
 * Milliseconds of each try. A good dial takes less than two seconds; ICE without a path goes on for half a minute, and what one try
 * lost on a bad network the next one may carry.
 */
const TRIES = [4_000, 4_000, 6_000]

export interface DiallerDeps {
  readonly node: Libp2p
  readonly gate: Gate
  readonly secure: boolean
  /** Whether there is a direct connection that carries frames by now, whoever made it. */
  isConnected(peerId: string): Promise<boolean>
}

/** Opens direct connections. */
export interface Dialler {
  /** Two dials of one peer at once are one. */
  dial(peer: LocalPeer): Reply<null>
}

/** Makes the dialler of one node. */
export const createDialler = ({ node, gate, secure, isConnected }: DiallerDeps): Dialler => {
  const underWay = new Map<string, Reply<null>>()
  /** Dials that go over a relay just now. */
  const users = new Map<string, number>()

  /** Lends a relay for one dial; one that is not ours is left again after the last. */
  const over = async <T>(relayPeer: string, run: () => Promise<T>): Promise<T> => {
    users.set(relayPeer, (users.get(relayPeer) ?? 0) + 1)
    try {
      return await run()
    } finally {
      const left = (users.get(relayPeer) ?? 1) - 1
      users.set(relayPeer, left)
      const relay = parsePeerId(relayPeer)
      if (left === 0) users.delete(relayPeer)
      if (left === 0 && relay && !gate.isRelay(relay)) void node.hangUp(relay).catch(() => undefined)
    }
  }

  /** One dial over one relay. */
  const attempt = async (address: Multiaddr, timeout: number): Reply<null> => {
    try {
      const connection = await node.dial(address, { signal: AbortSignal.timeout(timeout) })
      return isDirect(connection) ? ok(null) : failed('unsupported')
    } catch (error) {
      return { ok: false, error: mapFailure(error) }
    }
  }

  const run = async (target: PeerId, peer: LocalPeer): Reply<null> => {
    const connected = (relay: string): boolean => {
      const id = parsePeerId(relay)
      return id !== undefined && node.getConnections(id).length > 0
    }
    let last: Awaited<Reply<null>> = failed('unsupported')
    for (const { address, relayPeer } of introductions(peer, secure, connected)) {
      for (const timeout of TRIES) {
        last = await over(relayPeer, () => attempt(address, timeout))
        await closeCircuits(node, target, 'ours')
        // The other side may have called at the same moment, and with more luck; and a connection may break in its first moments.
        if (await isConnected(peer.peerId)) return ok(null)
        if (last.ok) last = failed('relay-unreachable')
        else if (last.error.reason === 'refused' || last.error.reason === 'unsupported') break
      }
    }
    return last
  }

  return {
    dial: (peer) => {
      const target = parsePeerId(peer.peerId)
      if (!target || target.equals(node.peerId)) return Promise.resolve(failed('unsupported'))
      // Whom we call we also let in: the other side may call at the same moment.
      gate.allow(peer.peerId)
      const joined = underWay.get(peer.peerId)
      if (joined) return joined
      const dial = run(target, peer).finally(() => underWay.delete(peer.peerId))
      underWay.set(peer.peerId, dial)
      return dial
    },
  }
}
