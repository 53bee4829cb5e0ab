import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import {
  serviceCapabilities,
  transportSymbol,
  TypedEventEmitter,
  type ComponentLogger,
  type CreateListenerOptions,
  type Listener,
  type ListenerEvents,
  type Transport,
} from '@libp2p/interface'
import { getThinWaistAddresses, ipPortToMultiaddr } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { WebSockets } from '@multiformats/multiaddr-matcher'
import { WebSocketServer } from 'ws'
import { LIBP2P_PATH } from '../../src/protocol/relay-api.ts'
import { LIBP2P_LIMITS } from '../limits.ts'
import { createPlaces } from '../rate-limit/places.ts'
import type { Rates } from '../rate-limit/rates.ts'
import { createHeartbeat } from './heartbeat.ts'
import { clientAddress } from './client-address.ts'
import { SocketConnection } from './socket-connection.ts'

/** libp2p's multiaddrs know no path: its clients dial the root. */
const PATHS = new Set(['/', LIBP2P_PATH])

export interface SharedPortDeps {
  readonly server: Server
  readonly proxies: number
  readonly rates: Rates
  readonly socketsPerAddress: number
  readonly addressesPerNetwork: number
}

/** The HTTP port as a libp2p transport. */
export interface SharedPort {
  readonly transport: (components: { logger: ComponentLogger }) => Transport
  /** Tells libp2p that the HTTP server listens now, and so where. */
  listening(): void
}

/** Takes the WebSocket upgrades of the HTTP server as libp2p connections. It only listens; relays dial nobody. */
export const createSharedPort = (deps: SharedPortDeps): SharedPort => {
  const listeners = new Set<Listener>()
  return {
    listening: () => {
      for (const listener of listeners) listener.dispatchEvent(new CustomEvent('listening'))
    },
    transport: ({ logger }) => ({
      [transportSymbol]: true,
      [Symbol.toStringTag]: '@mepassa/shared-port',
      [serviceCapabilities]: ['@libp2p/transport'],
      dial: () => Promise.reject(new Error('a relay dials nobody')),
      dialFilter: () => [],
      listenFilter: (addresses) => addresses.filter((address) => WebSockets.exactMatch(address)),
      createListener: (options) => {
        const listener = createListener(deps, logger, options)
        listeners.add(listener)
        listener.addEventListener('close', () => listeners.delete(listener))
        return listener
      },
    }),
  }
}

const createListener = (
  deps: SharedPortDeps,
  logger: ComponentLogger,
  { upgrader }: CreateListenerOptions
): Listener => {
  const { server, rates, proxies } = deps
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LIBP2P_LIMITS.socketMessage,
    perMessageDeflate: false,
  })
  const heartbeat = createHeartbeat(LIBP2P_LIMITS.pingInterval)
  const admit = createPlaces(deps.socketsPerAddress, deps.addressesPerNetwork)
  const ending = new AbortController()
  let address: Multiaddr | undefined

  const accept = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    if (!PATHS.has(path)) return void socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n')
    const from = clientAddress(request, proxies)
    const leave = (await rates.takeFrom('upgrades', from)) === 0 && admit(from)
    if (!leave) {
      return void socket.end('HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\n\r\n')
    }
    // It may have closed while the rate was asked for.
    if (socket.closed) leave()
    else socket.once('close', leave)
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const remoteAddr = ipPortToMultiaddr(from, request.socket.remotePort ?? 0).encapsulate('/ws')
      const log = logger.forComponent('mepassa:shared-port')
      const connection = new SocketConnection(
        { remoteAddr, direction: 'inbound', log },
        webSocket,
        LIBP2P_LIMITS.socketBuffer
      )
      heartbeat.watch(webSocket)
      upgrader.upgradeInbound(connection, { signal: ending.signal }).catch((error: unknown) => {
        connection.abort(error instanceof Error ? error : new Error('the upgrade failed'))
      })
    })
  }
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy())
    accept(request, socket, head).catch(() => socket.destroy())
  }

  const events = new TypedEventEmitter<ListenerEvents>()
  return Object.assign(events, {
    listen: async (listenOn: Multiaddr) => {
      address = listenOn
      server.on('upgrade', onUpgrade)
    },
    getAddrs: () => {
      const port = (server.address() as AddressInfo | null)?.port
      return port === undefined
        ? []
        : getThinWaistAddresses(address, port).map((one) => one.encapsulate('/ws'))
    },
    close: async () => {
      server.off('upgrade', onUpgrade)
      ending.abort()
      heartbeat.stop()
      sockets.close()
      events.safeDispatchEvent('close')
    },
    updateAnnounceAddrs: () => {},
  })
}
