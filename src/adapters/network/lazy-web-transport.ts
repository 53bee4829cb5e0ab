import { serviceCapabilities, transportSymbol, UnsupportedOperationError } from '@libp2p/interface'
import type { Connection, Transport } from '@libp2p/interface'
import { WebTransport as WebTransportAddress } from '@multiformats/multiaddr-matcher'
import type { webTransport, WebTransportComponents } from '@libp2p/webtransport'

type Module = { readonly webTransport: typeof webTransport }

/**
 * WebTransport, dial-only (no JavaScript listener exists): its code is loaded at the first dial of such an address. A runtime without
 * WebTransport answers every dial with `UnsupportedOperationError`.
 * @param load brings the chunk; separate so that its laziness can be watched
 */
export const lazyWebTransport =
  (load: () => Promise<Module> = () => import('@libp2p/webtransport')) =>
  (components: WebTransportComponents): Transport => ({
    [transportSymbol]: true,
    [Symbol.toStringTag]: '@libp2p/webtransport',
    ...{ [serviceCapabilities]: ['@libp2p/transport'] },
    listenFilter: () => [],
    dialFilter: (addresses) => addresses.filter((address) => WebTransportAddress.exactMatch(address)),
    createListener: () => {
      throw new UnsupportedOperationError('WebTransport cannot listen')
    },
    dial: async (address, options): Promise<Connection> => {
      if (!('WebTransport' in globalThis)) throw new UnsupportedOperationError('no WebTransport here')
      const module = await load()
      return module.webTransport()(components).dial(address, options)
    },
  })
