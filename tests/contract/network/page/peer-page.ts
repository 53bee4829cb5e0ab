/** The page of the network tests: the peer network as the app's window runs it, with the test in the place of the core. */
import { createPeerNetwork } from '../../../../src/adapters/network/peer-network.ts'
import type { LocalPeer, PeerEvent, PeerNetwork } from '../../../../src/core/ports/network.ts'
import { systemClock, systemRandom } from '../../../../src/host/platform.ts'
import { fromHex, toHex } from '../../../../src/lib/bytes.ts'
import type { IceServer } from '../../../../src/protocol/ice-servers.ts'
import type { Info } from '../../../../src/protocol/relay-api.ts'

/** Events as they pass to the test: bytes become their length and first byte. */
export interface Heard {
  readonly type: PeerEvent['type']
  readonly who: string
  readonly what: string
}

export interface PeerPage {
  start(origin: string, info: Info): Promise<void>
  useIceServers(origin: string, servers: IceServer[]): void
  call(method: 'allow' | 'forbid' | 'hangUp', peerId: string): Promise<void>
  dial(peer: LocalPeer): Promise<string>
  send(peerId: string, length: number, byte: number): Promise<string>
  dhtGet(locator: string): Promise<string>
  roundTrip(peerId: string): number | null
  wake(): void
  stop(): Promise<void>
  heard(): readonly Heard[]
  local(): LocalPeer | null
}

declare global {
  interface Window {
    peerPage: PeerPage
    /** The test signs: two peer ids in hex, the hello in hex. */
    signHello(own: string, relay: string): Promise<string>
  }
}

const describeBytes = (bytes: Uint8Array): string => `${bytes.length}:${bytes[0] ?? ''}`
const describe = (event: PeerEvent): Heard => {
  switch (event.type) {
    case 'relay':
      return { type: event.type, who: event.origin, what: event.state }
    case 'mailbox':
      return { type: event.type, who: event.origin, what: toHex(event.frame) }
    case 'local':
      return { type: event.type, who: event.peer?.peerId ?? '', what: event.peer?.addresses.join(' ') ?? '' }
    case 'peer':
      return { type: event.type, who: event.peerId, what: event.state }
    case 'frame':
      return { type: event.type, who: event.peerId, what: describeBytes(event.frame) }
  }
}

const createPage = (network: PeerNetwork): PeerPage => {
  const heard: Heard[] = []
  let local: LocalPeer | null = null
  network.onEvent((event) => {
    heard.push(describe(event))
    if (event.type === 'local') local = event.peer
  })
  const outcome = (reply: { ok: true } | { ok: false; error: { reason: string } }): string =>
    reply.ok ? 'ok' : reply.error.reason
  return {
    start: (origin, info) =>
      network.start([{ origin, info }], async (own, relay) => {
        const hello = fromHex(await window.signHello(toHex(own), toHex(relay)))
        if (!hello) throw new Error('no hello')
        return hello
      }),
    useIceServers: network.useIceServers,
    call: async (method, peerId) => network[method](peerId),
    dial: async (peer) => outcome(await network.dial(peer)),
    send: async (peerId, length, byte) =>
      outcome(await network.send(peerId, new Uint8Array(length).fill(byte))),
    dhtGet: async (locator) => outcome(await network.dhtGet(locator)),
    roundTrip: (peerId) => network.roundTrip(peerId),
    wake: () => network.wake(),
    stop: () => network.stop(),
    heard: () => heard,
    local: () => local,
  }
}

window.peerPage = createPage(createPeerNetwork({ clock: systemClock, random: systemRandom, secure: false }))
