/** Which multiaddrs are dialled. All of them come from elsewhere: a relay's info, or a contact. */
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import {
  WebRTC,
  WebRTCDirect,
  WebSockets,
  WebSocketsSecure,
  WebTransport,
} from '@multiformats/multiaddr-matcher'
import type { PeerId } from '@libp2p/interface'
import type { LocalPeer } from '../../core/ports/network.ts'
import { LIMITS } from '../../protocol/limits.ts'

/** Addresses of one peer that are looked at, whatever it sends. */
const MOST = 16
const CIRCUIT = '/p2p-circuit'

/** Reads a peer id; undefined if the text is none. */
export const parsePeerId = (text: string): PeerId | undefined => {
  if (text.length > 128) return undefined
  try {
    return peerIdFromString(text)
  } catch {
    return undefined
  }
}

const parseAddress = (text: string): Multiaddr | undefined => {
  if (text.length > LIMITS.addressCharacters) return undefined
  try {
    return multiaddr(text)
  } catch {
    return undefined
  }
}

const peersOf = (address: Multiaddr): string[] =>
  address.getComponents().flatMap(({ name, value }) => (name === 'p2p' && value !== undefined ? [value] : []))

/**
 * Whether a relay can be dialled there.
 * @param secure an https page, where browsers block plain WebSockets as mixed content
 */
const dialable = (address: Multiaddr, secure: boolean): boolean =>
  WebSocketsSecure.exactMatch(address) ||
  (!secure && WebSockets.exactMatch(address)) ||
  WebRTCDirect.exactMatch(address) ||
  WebTransport.exactMatch(address)

/** The addresses of a relay that may be dialled, in the relay's own order. */
export const relayAddresses = (
  relay: { readonly peerId: string; readonly addresses: readonly string[] },
  secure: boolean
): Multiaddr[] =>
  relay.addresses.slice(0, MOST).flatMap((text) => {
    const address = parseAddress(text)
    const ours = address && peersOf(address).length === 1 && peersOf(address)[0] === relay.peerId
    return ours && dialable(address, secure) ? [address] : []
  })

/**
 * The addresses at which a contact's node may be dialled directly: WebRTC introduced by a relay. One a relay, because a second would
 * meet the same other side; relays we are connected to come first.
 */
export const introductions = (
  peer: LocalPeer,
  secure: boolean,
  connected: (relayPeer: string) => boolean
): { readonly address: Multiaddr; readonly relayPeer: string }[] => {
  const found = new Map<string, Multiaddr>()
  for (const text of peer.addresses.slice(0, MOST)) {
    const address = parseAddress(text)
    if (!address || !WebRTC.exactMatch(address)) continue
    const [relayPeer, target, ...rest] = peersOf(address)
    if (relayPeer === undefined || target !== peer.peerId || rest.length > 0) continue
    const relay = parseAddress(text.slice(0, text.indexOf(CIRCUIT)))
    if (relay && dialable(relay, secure) && !found.has(relayPeer)) found.set(relayPeer, address)
  }
  return [...found]
    .map(([relayPeer, address]) => ({ address, relayPeer }))
    .sort((a, b) => Number(connected(b.relayPeer)) - Number(connected(a.relayPeer)))
}

/** Those of our own addresses at which contacts can reach us directly. */
export const ownIntroductions = (addresses: readonly Multiaddr[]): string[] =>
  addresses
    .filter((address) => WebRTC.exactMatch(address))
    .slice(0, LIMITS.knockAddresses)
    .map(String)
