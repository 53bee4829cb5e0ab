import type { Server } from 'node:http'
import type { RelayLimits } from '../limits.ts'
import { createPlaces } from '../rate-limit/places.ts'

/**
 * Bounds the TCP connections that a server holds, whatever comes over them: beyond it new ones are closed at once. Behind a proxy all come from
 * one address, so that there only their sum is bounded.
 */
export const boundConnections = (
  server: Server,
  { connections, addressesPerNetwork }: Pick<RelayLimits, 'connections' | 'addressesPerNetwork'>,
  proxies: number
): void => {
  server.maxConnections = connections.most
  if (proxies > 0) return
  const take = createPlaces(connections.perAddress, addressesPerNetwork)
  server.on('connection', (socket) => {
    const leave = take(socket.remoteAddress ?? '')
    if (leave) socket.once('close', leave)
    else socket.destroy()
  })
}
