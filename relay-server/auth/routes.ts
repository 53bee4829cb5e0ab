import type { FastifyInstance } from 'fastify'
import { fromBase64Url } from '../../src/lib/bytes.ts'
import { AccessKeysSchema, RELAY_PATHS } from '../../src/protocol/relay-api.ts'
import type { RelayContext } from '../context.ts'
import { jsonBody } from '../http/body.ts'
import { BODY_LIMITS } from '../limits.ts'

/** The keys that open an account's mailbox; only their hashes come here. */
export const keyRoutes = (app: FastifyInstance, { store, signed, admission }: RelayContext): void => {
  app.put(RELAY_PATHS.keys, { bodyLimit: BODY_LIMITS.small }, async (request, reply) => {
    const { account } = await signed.check(request)
    const { keys } = jsonBody(request, AccessKeysSchema)
    const hashed = keys.map(({ hash, kind, expiresAt }) => ({
      hash: fromBase64Url(hash) ?? new Uint8Array(),
      kind,
      expiresAt,
    }))
    await store.keys.replace(account, hashed).finally(() => admission.forget(account))
    return reply.code(204).send()
  })
}
