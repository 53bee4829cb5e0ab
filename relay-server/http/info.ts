import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LIMITS } from '../../src/protocol/limits.ts'
import { RELAY_PATHS, type Info } from '../../src/protocol/relay-api.ts'
import type { RelayContext } from '../context.ts'
import { refuse } from '../errors.ts'
import packageJson from '../../package.json' with { type: 'json' }
// Made of the schemas by tests/unit/relay/openapi.test.ts.
import openApi from './openapi.json' with { type: 'json' }

/** The libp2p node as the HTTP side sees it. */
export interface PeerInfo {
  peerId(): string
  /** Addresses for clients that reach the relay at this origin, the preferred first. */
  addressesFor(origin: URL): readonly string[]
}

const MOST_ADDRESSES = 16

/** The version of this relay. */
export const relayVersion = packageJson.version

/** What the relay says of itself. */
export const infoRoutes = (app: FastifyInstance, { config, now }: RelayContext, peer: PeerInfo): void => {
  const openapi = JSON.stringify(openApi)
  app.get(RELAY_PATHS.openapi, async (_request, reply) => reply.type('application/json').send(openapi))

  app.get(RELAY_PATHS.info, async (request): Promise<Info> => {
    const origin = config.publicUrl ?? originOf(request)
    const addresses = peer
      .addressesFor(origin)
      .filter((address) => address.length <= LIMITS.addressCharacters)
    return {
      name: origin.host.slice(0, 100),
      version: relayVersion,
      peerId: peer.peerId(),
      addresses: addresses.slice(0, MOST_ADDRESSES),
      iceServers: config.stunUrls.length > 0 ? [{ urls: [...config.stunUrls] }] : [],
      mailboxTtlSeconds: Math.floor(config.mailboxTtl / 1000),
      time: now(),
    }
  })
}

/** The origin that a client named in its request. */
const originOf = (request: FastifyRequest): URL => {
  const text = `${request.protocol}://${request.host}`
  return URL.canParse(text) ? new URL(text) : refuse('malformed', 'the request names no host')
}
