import type { Libp2p, PeerId } from '@libp2p/interface'
import type { LocalPeer, Reply } from '../../core/ports/network.ts'
import { ok } from '../../lib/result.ts'
import { introductions, parsePeerId } from './addresses.ts'
import { failed, mapFailure } from './failures.ts'
import type { Gate } from './gate.ts'
import { closeCircuits, isDirect } from './peer-links.ts'

/** Where no direct path exists, ICE would go on for half a minute. */
const DIAL_TIMEOUT = 12_000

export interface DiallerDeps {
  readonly node: Libp2p
  readonly gate: Gate
  readonly secure: boolean
}

/** Opens direct connections. */
export interface Dialler {
  /** Two dials of one peer at once are one. */
  dial(peer: LocalPeer): Reply<null>
}

/** Makes the dialler of one node. */
export const createDialler = ({ node, gate, secure }: DiallerDeps): Dialler => {
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

  const run = async (target: PeerId, peer: LocalPeer): Reply<null> => {
    const connected = (relay: string): boolean => {
      const id = parsePeerId(relay)
      return id !== undefined && node.getConnections(id).length > 0
    }
    const addresses = introductions(peer, secure, connected)
    let last: Awaited<Reply<null>> = failed('unsupported')
    for (const { address, relayPeer } of addresses) {
      try {
        const connection = await over(relayPeer, () =>
          node.dial(address, { signal: AbortSignal.timeout(DIAL_TIMEOUT) })
        )
        if (isDirect(connection)) {
          await closeCircuits(node, target)
          return ok(null)
        }
        last = failed('unsupported')
      } catch (error) {
        last = { ok: false, error: mapFailure(error) }
      }
    }
    await closeCircuits(node, target)
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
