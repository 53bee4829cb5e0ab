import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { WebRTC, WebSockets } from '@multiformats/multiaddr-matcher'

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/

/** The libp2p WebSocket address of a relay that serves it on its HTTP port. */
export const originAddress = (origin: string, peerId: string): string => {
  const url = new URL(origin)
  const secure = url.protocol === 'https:'
  const port = url.port === '' ? (secure ? '443' : '80') : url.port
  const host = IPV4.test(url.hostname) ? `/ip4/${url.hostname}` : url.hostname.startsWith('[') ? `/ip6/${url.hostname.slice(1, -1)}` : `/dns4/${url.hostname}`
  return `${host}/tcp/${port}${secure ? '/tls' : ''}/ws/p2p/${peerId}`
}

/** A multiaddr, or undefined if the text is none: others choose it. */
export const parseAddress = (text: string): Multiaddr | undefined => {
  try {
    return multiaddr(text)
  } catch {
    return undefined
  }
}

/**
 * Addresses to dial a relay at, in order: its HTTP port first (passes where UDP does not), then what it says of itself.
 * @param secure the page came by HTTPS: plain WebSockets to others are blocked there
 */
export const relayAddresses = (origin: string, peerId: string, told: readonly string[], secure: boolean): readonly Multiaddr[] => {
  const texts = new Set([originAddress(origin, peerId), ...told.filter((text) => text.endsWith(`/p2p/${peerId}`))])
  return [...texts].flatMap((text) => {
    const address = parseAddress(text)
    const blocked = secure && address && WebSockets.exactMatch(address) && !text.includes('/tls')
    return address && !blocked ? [address] : []
  })
}

/** Those of a peer's addresses that lead to a direct connection to just this peer. */
export const directAddresses = (peerId: string, addresses: readonly string[]): readonly Multiaddr[] =>
  addresses.flatMap((text) => {
    const address = parseAddress(text)
    return address && WebRTC.matches(address) && text.endsWith(`/p2p/${peerId}`) ? [address] : []
  })
