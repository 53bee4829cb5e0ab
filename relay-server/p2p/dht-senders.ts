import { AsyncLocalStorage } from 'node:async_hooks'
import type { StreamHandler } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'

/** From which IP address the DHT message comes that is being handled. */
export interface DhtSenders {
  /** The registrar to give to the DHT. */
  readonly registrar: Registrar
  /** Empty outside a message's handling. */
  address(): string
}

/** kad-dht tells its datastore nothing of who sent what, so this goes along with the handling of each stream. */
export const createSenders = (registrar: Registrar): DhtSenders => {
  const current = new AsyncLocalStorage<string>()
  const handle: Registrar['handle'] = (protocol, handler, options) => {
    const following: StreamHandler = (stream, connection) =>
      current.run(ipOf(connection.remoteAddr), () => handler(stream, connection))
    return registrar.handle(protocol, following, options)
  }
  return {
    registrar: new Proxy(registrar, {
      get: (target, name) => {
        if (name === 'handle') return handle
        const value = Reflect.get(target, name) as unknown
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    }),
    address: () => current.getStore() ?? '',
  }
}

const ipOf = (address: Multiaddr): string =>
  address.getComponents().find(({ name }) => name === 'ip4' || name === 'ip6')?.value ?? ''
