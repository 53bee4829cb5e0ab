import type { LookupAddress } from 'node:dns'
import { lookup, Resolver } from 'node:dns/promises'
import { PUSH_LIMITS } from '../limits.ts'

/** Looks the name of a push service up. `isExcepted`: the operator has named this host. Throws when there is no answer. */
export type ResolveHost = (host: string, isExcepted: boolean) => Promise<readonly LookupAddress[]>

/**
 * Strangers' names are asked of name servers, without the threads that files share: a name that takes its time holds nothing up. Those of
 * the operator are found as this machine finds them, its hosts file included.
 */
export const resolveHost: ResolveHost = async (host, isExcepted) => {
  if (isExcepted) return lookup(host, { all: true })
  const resolver = new Resolver({ timeout: PUSH_LIMITS.lookupTime, tries: PUSH_LIMITS.lookupTries })
  const ask = async (family: 4 | 6): Promise<LookupAddress[]> => {
    const found = await (family === 4 ? resolver.resolve4(host) : resolver.resolve6(host)).catch(() => [])
    return found.map((address) => ({ address, family }))
  }
  return (await Promise.all([ask(4), ask(6)])).flat()
}
