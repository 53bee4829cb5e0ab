import { transportSymbol, type Connection, type DialTransportOptions, type Listener, type Transport } from '@libp2p/interface'
import { WebTransport } from '@multiformats/multiaddr-matcher'
import type { Multiaddr } from '@multiformats/multiaddr'

/** The real transport's factory; its types are its package's own. */
type Load = () => Promise<(components: never) => Transport>

/** Loads the WebTransport code. */
export const loadWebTransport: Load = async () => {
  const { webTransport } = await import('@libp2p/webtransport')
  return webTransport() as unknown as (components: never) => Transport
}

/**
 * WebTransport, dial-only, whose code is loaded when the first address needs it. Claims just WebTransport addresses, so no other dial
 * pays for it.
 */
export const lazyWebTransport =
  (load: Load = loadWebTransport) =>
  (components: object): Transport => {
    let real: Promise<Transport> | undefined
    return {
      [transportSymbol]: true,
      [Symbol.toStringTag]: 'mepassa/lazy-web-transport',
      dialFilter: (addresses: Multiaddr[]) => addresses.filter((address) => WebTransport.exactMatch(address)),
      listenFilter: () => [],
      createListener: (): Listener => {
        throw new Error('browsers cannot listen for WebTransport')
      },
      dial: async (address: Multiaddr, options: DialTransportOptions): Promise<Connection> => {
        real ??= load().then((create) => create(components as never))
        return (await real).dial(address, options)
      },
    }
  }
