import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import { err, ok, type Result } from '../../src/lib/result.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { isPublicAddress } from './public-address.ts'
import type { ResolveHost } from './resolve.ts'

/** Why nothing is sent to an endpoint. `unresolved` may be over in a moment. */
export type EndpointProblem = 'malformed' | 'not-public' | 'unresolved'

export interface EndpointDeps {
  /** Hosts, with their port where it is not 443, that may have any address. */
  readonly privateHosts: ReadonlySet<string>
  readonly resolve: ResolveHost
}

/** An endpoint with the addresses that were checked: a request goes to these, whatever the name leads to by then. */
export interface PinnedEndpoint {
  readonly url: URL
  readonly addresses: readonly LookupAddress[]
}

/** Reads an endpoint: https, and nothing in it that would be sent as a credential. */
export const parseEndpoint = (text: string): URL | undefined => {
  if (text.length > LIMITS.pushEndpointCharacters || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const isPlain = url.username === '' && url.password === '' && url.hash === ''
  return url.protocol === 'https:' && isPlain && url.hostname !== '' ? url : undefined
}

/** Whether a look-up was answered. */
export const isFound = (pinned: unknown): boolean => pinned !== UNRESOLVED

const UNRESOLVED = err('unresolved' as const)

/**
 * Finds where an endpoint leads. Whoever subscribes chooses it, so unless its host is excepted, every one of its addresses has to be public:
 * the relay's own network is nobody's to send requests into.
 */
export const pinEndpoint = async (
  text: string,
  { privateHosts, resolve }: EndpointDeps
): Promise<Result<PinnedEndpoint, EndpointProblem>> => {
  const url = parseEndpoint(text)
  if (!url) return err('malformed')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const family = isIP(host)
  const isExcepted = privateHosts.has(url.host)
  let addresses: readonly LookupAddress[]
  try {
    addresses = family === 0 ? await resolve(host, isExcepted) : [{ address: host, family }]
  } catch {
    return UNRESOLVED
  }
  if (addresses.length === 0) return UNRESOLVED
  if (!isExcepted && !addresses.every(({ address }) => isPublicAddress(address))) return err('not-public')
  return ok({ url, addresses })
}
