import type { CoreContext } from '../context.ts'
import type { OwnAccount } from '../ports/storage.ts'
import type { NetworkError } from '../domain/errors.ts'
import { ok, type Result } from '../../lib/result.ts'

type Deps = Pick<CoreContext, 'relays' | 'peers' | 'clock' | 'signer'>

/** Keeps the peer network supplied with each home relay's STUN and TURN servers. */
export interface OwnIceServers {
  /** Fetches credentials unless those at hand have more than half of their time before them. */
  renew(origin: string, own: OwnAccount): Promise<Result<null, NetworkError>>
  /** The peer network has left this relay. */
  forget(origin: string): void
}

/** Makes it; what it knows lasts as long as the peer network. */
export const createIceServers = ({ relays, peers, clock, signer }: Deps): OwnIceServers => {
  const good = new Map<string, number>()
  return {
    renew: async (origin, own) => {
      if ((good.get(origin) ?? 0) > clock.now()) return ok(null)
      const access = await relays.iceServers(origin, signer(own))
      // A relay of an older version knows none; what it named to all stays.
      if (!access.ok) return access.error.reason === 'not-found' ? ok(null) : access
      const { iceServers, ttlSeconds } = access.value
      peers.useIceServers(origin, iceServers)
      good.set(origin, clock.now() + (ttlSeconds * 1000) / 2)
      return ok(null)
    },
    forget: (origin) => void good.delete(origin),
  }
}
