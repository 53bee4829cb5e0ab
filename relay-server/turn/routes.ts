import type { FastifyInstance } from 'fastify'
import { RELAY_PATHS, type TurnAccess } from '../../src/protocol/relay-api.ts'
import type { RelayContext } from '../context.ts'
import { iceServersFor } from './credentials.ts'

/** Where devices meet that find no direct path. For devices that are at home here: traffic over TURN costs its operator. */
export const turnRoutes = (app: FastifyInstance, { config, turn, signed, now }: RelayContext): void => {
  app.get(RELAY_PATHS.iceServers, async (request): Promise<TurnAccess> => {
    const who = await signed.check(request)
    const { stunUrls, limits } = config
    return iceServersFor({ stunUrls, turn }, who, now(), limits.turnLifetime)
  })
}
