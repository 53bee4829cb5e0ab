import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/**
 * The address a request really came from. `proxies`: how many reverse proxies of the operator's stand before the relay; each of them adds
 * the address it sees at the end of X-Forwarded-For. What stands further left was written by the client and is not believed.
 */
export const clientAddress = (request: IncomingMessage, proxies: number): string => {
  const header = request.headers['x-forwarded-for']
  const named = (Array.isArray(header) ? header.join(',') : (header ?? ''))
    .split(',')
    .map((one) => one.trim())
  const hops = [request.socket.remoteAddress ?? '', ...named.reverse().filter((one) => isIP(one) !== 0)]
  return (hops[Math.min(proxies, hops.length - 1)] ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
}
