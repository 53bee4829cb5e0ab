import type { FastifyInstance } from 'fastify'
import { toBase64Url } from '../../src/lib/bytes.ts'
import { parseDeviceId } from '../../src/protocol/ids.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { RELAY_PATHS } from '../../src/protocol/relay-api.ts'
import { checkKey } from '../auth/keyed.ts'
import type { RelayContext } from '../context.ts'
import { refuse } from '../errors.ts'
import { bodyOf } from '../http/body.ts'
import { BODY_LIMITS } from '../limits.ts'

/** Where devices are just now, sealed for accepted contacts. */
export const endpointRoutes = (app: FastifyInstance, { store, signed, now }: RelayContext): void => {
  app.put(RELAY_PATHS.endpoint, { bodyLimit: BODY_LIMITS.endpoint }, async (request, reply) => {
    const { account, device } = await signed.check(request)
    const sealed = bodyOf(request)
    if (sealed.length === 0) refuse('malformed', 'the body is empty')
    await store.endpoints.put(account, device, sealed, now() + LIMITS.endpointTtl)
    return reply.code(204).send()
  })

  app.delete(RELAY_PATHS.endpoint, async (request, reply) => {
    const { account, device } = await signed.check(request)
    await store.endpoints.remove(account, device)
    return reply.code(204).send()
  })

  app.get(RELAY_PATHS.endpoints, async (request) => {
    const { account } = await checkKey(request, store.keys, now(), ['delivery'])
    const found = await store.endpoints.ofAccount(account, now())
    return {
      devices: found.map(({ device, sealed }) => ({
        deviceId: parseDeviceId(device),
        sealed: toBase64Url(sealed),
      })),
    }
  })
}
