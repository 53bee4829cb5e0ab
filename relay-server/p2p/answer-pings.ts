import type { Startable, Stream } from '@libp2p/interface'
import { serviceCapabilities } from '@libp2p/interface'
import { ping, PING_PROTOCOL, type Ping, type PingComponents } from '@libp2p/ping'
import { LIBP2P_LIMITS } from '../limits.ts'

/**
 * libp2p's ping, with an answering side of its own: devices keep their stream open and ask over it now and then (echo.ts); that of `@libp2p/ping` ends a
 * stream that is silent for ten seconds, and holds each by a timer for as long after it is over.
 */
export const answerPings =
  () =>
  (components: PingComponents): Ping & Startable => {
    const asking = ping()(components)
    const service: Ping & Startable & { readonly [serviceCapabilities]: string[] } = {
      [serviceCapabilities]: ['@libp2p/ping'],
      start: () =>
        components.registrar.handle(PING_PROTOCOL, answer, {
          maxInboundStreams: LIBP2P_LIMITS.pingStreams,
          runOnLimitedConnection: true,
        }),
      stop: () => components.registrar.unhandle(PING_PROTOCOL),
      ping: (peer, options) => asking.ping(peer, options),
    }
    return service
  }

/** Sends back what comes, no faster than it is taken. */
const answer = (stream: Stream): void => {
  stream.addEventListener('message', ({ data }) => {
    if (!stream.send(data)) stream.pause()
  })
  stream.addEventListener('drain', () => stream.resume())
  stream.addEventListener('remoteCloseWrite', () => {
    stream
      .close()
      .catch((error: unknown) => stream.abort(error instanceof Error ? error : new Error('no end')))
  })
}
