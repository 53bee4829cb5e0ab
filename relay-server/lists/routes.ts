import type { FastifyInstance, FastifyRequest } from 'fastify'
import { toBase64Url } from '../../src/lib/bytes.ts'
import { parseLocator } from '../../src/protocol/list-record.ts'
import { RELAY_PATHS } from '../../src/protocol/relay-api.ts'
import type { RelayContext } from '../context.ts'
import { refuse } from '../errors.ts'
import { bodyOf } from '../http/body.ts'
import { sendBytes } from '../http/reply.ts'
import { BODY_LIMITS } from '../limits.ts'
import { checkRecord } from './accept-record.ts'

/** Sealed device lists. */
export const listRoutes = (app: FastifyInstance, { store, signed, admission, now }: RelayContext): void => {
  app.get(RELAY_PATHS.list, async (request, reply) => {
    const locator = parseLocator(locatorOf(request)) ?? refuse('malformed', 'a locator has 64 hex digits')
    const record = await store.lists.get(locator)
    return record ? sendBytes(reply, record) : refuse('not-found', 'there is no list here')
  })

  app.put(RELAY_PATHS.list, { bodyLimit: BODY_LIMITS.list }, async (request, reply) => {
    const { account } = await signed.check(request)
    const publishKey = await store.devices.publishKey(account)
    const checked = await checkRecord(locatorOf(request), bodyOf(request), publishKey)
    if (!checked.ok) {
      return checked.error === 'malformed'
        ? refuse('malformed', 'the body is no list record, or its place no locator')
        : refuse('forbidden', 'the record is not signed by the key of this account')
    }
    const putting = store.lists.put(checked.value, { home: true, now: now() })
    const put = await putting.finally(() => admission.forget(account))
    if (put.outcome === 'foreign' || put.outcome === 'full')
      return refuse('forbidden', 'this place belongs to another key')
    if (put.outcome !== 'older') return reply.code(204).send()
    const record = toBase64Url(put.record)
    return reply.code(409).send({ code: 'list-changed', message: 'there is a newer device list', record })
  })
}

const locatorOf = (request: FastifyRequest): string => (request.params as { locator?: string }).locator ?? ''
