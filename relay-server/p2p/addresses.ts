import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'

const LOOPBACK_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/
const LOOPBACK_ADDRESS = /^\/ip4\/127\.|^\/ip6\/::1\//

/** The WebSocket address for clients that reach the relay at this origin. */
export const webSocketAddress = (origin: URL): string => {
  const secure = origin.protocol === 'https:'
  const port = origin.port === '' ? (secure ? 443 : 80) : Number(origin.port)
  const host = origin.hostname.replace(/^\[|\]$/g, '')
  const kind = { 0: 'dns4', 4: 'ip4', 6: 'ip6' }[isIP(host)] ?? 'dns4'
  return `/${kind}/${host}/tcp/${port}${secure ? '/tls' : ''}/ws`
}

/**
 * All addresses for clients at this origin, the preferred first: the WebSocket, which every network lets through, then WebRTC-direct. Loopback
 * addresses are for pages on this machine alone; `publicIp` is where a relay behind address translation is seen.
 */
export const addressesFor = (
  origin: URL,
  direct: readonly Multiaddr[],
  publicIp: string | null
): readonly string[] => {
  const local = LOOPBACK_HOST.test(origin.hostname)
  const texts = direct.map((address) => address.toString())
  const outer = texts.filter((text) => !LOOPBACK_ADDRESS.test(text))
  const inner = texts.filter((text) => LOOPBACK_ADDRESS.test(text))
  const [any] = texts
  const translated =
    publicIp !== null && any !== undefined
      ? [any.replace(/^\/ip[46]\/[^/]+/, `/${isIP(publicIp) === 6 ? 'ip6' : 'ip4'}/${publicIp}`)]
      : []
  return [...new Set([webSocketAddress(origin), ...translated, ...(local ? inner : []), ...outer])]
}

/** The address that a public name stands for; null for names of this machine and names that nobody knows. */
export const publicIpOf = async (publicUrl: URL | null): Promise<string | null> => {
  if (!publicUrl || LOOPBACK_HOST.test(publicUrl.hostname)) return null
  const host = publicUrl.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) return host
  return lookup(host).then(
    ({ address }) => address,
    () => null
  )
}

const ANYWHERE = { 4: '/ip4/0.0.0.0', 6: '/ip6/::' } as const

/**
 * Where to listen, for TCP and for UDP. A proxy on this machine is the one way to the TCP port of a relay that listens here alone; none passes UDP on, so
 * when others know the relay by a name, that port is open to them.
 */
export const listenAddresses = (host: string, publicUrl: URL | null): { tcp: string; udp: string } => {
  const family = host.includes(':') ? 6 : 4
  const tcp = `/ip${family}/${host === 'localhost' ? '127.0.0.1' : host}`
  const isBehindProxy =
    LOOPBACK_ADDRESS.test(`${tcp}/`) && publicUrl && !LOOPBACK_HOST.test(publicUrl.hostname)
  return { tcp, udp: isBehindProxy ? ANYWHERE[family] : tcp }
}

/** Adds the relay's peer id. */
export const withPeer = (address: string, peerId: string): string =>
  multiaddr(address)
    .getComponents()
    .some(({ name }) => name === 'p2p')
    ? address
    : `${address}/p2p/${peerId}`
