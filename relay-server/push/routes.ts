import type { FastifyInstance, FastifyReply } from 'fastify'
import { fromBase64Url } from '../../src/lib/bytes.ts'
import { parseDeviceId } from '../../src/protocol/ids.ts'
import {
  PushDevicesSchema,
  PushRegistrationSchema,
  PushRenewalSchema,
  RELAY_PATHS,
} from '../../src/protocol/relay-api.ts'
import type { RelayContext } from '../context.ts'
import { refuse, refuseKey } from '../errors.ts'
import { jsonBody } from '../http/body.ts'
import { refuseClientIfOften, refuseIfOften } from '../http/reply.ts'
import { BODY_LIMITS } from '../limits.ts'
import { readRegistration, readTarget } from './check-registration.ts'

const OPTIONS = { bodyLimit: BODY_LIMITS.small }
const done = (reply: FastifyReply): FastifyReply => reply.code(204).send()

/** Subscriptions at push services. */
export const pushRoutes = (app: FastifyInstance, { store, signed, rates, push }: RelayContext): void => {
  const refuseProblem = async (endpoint: string): Promise<void> => {
    const problem = await push.problemOf(endpoint)
    if (problem === 'malformed') refuse('malformed', 'the endpoint is no https address')
    if (problem === 'not-public')
      refuse('forbidden', 'this relay does not push to an address that is not public')
  }

  app.put(RELAY_PATHS.push, OPTIONS, async (request, reply) => {
    const { account, device } = await signed.check(request)
    await refuseIfOften(rates, 'subscriptions', account, reply)
    const subscription = readRegistration(jsonBody(request, PushRegistrationSchema))
    if (!subscription) return refuse('malformed', 'the keys of the subscription are none')
    await refuseProblem(subscription.endpoint)
    if ((await store.push.put(account, device, subscription)) === 'ended')
      return refuse('conflict', 'the push service has ended this subscription')
    return done(reply)
  })

  app.delete(RELAY_PATHS.push, async (request, reply) => {
    const { account, device } = await signed.check(request)
    await store.push.remove(account, device)
    return done(reply)
  })

  app.put(RELAY_PATHS.pushDevices, OPTIONS, async (request, reply) => {
    const { account } = await signed.check(request)
    const { devices } = jsonBody(request, PushDevicesSchema)
    await store.push.keepOnly(
      account,
      devices.flatMap((device) => parseDeviceId(device) ?? [])
    )
    return done(reply)
  })

  app.post(RELAY_PATHS.pushRenewal, OPTIONS, async (request, reply) => {
    await refuseClientIfOften(rates, 'renewals', request, reply)
    const { token, subscription } = jsonBody(request, PushRenewalSchema)
    const target = readTarget(subscription)
    const secret = fromBase64Url(token)
    if (!target || !secret) return refuse('malformed', 'the keys of the subscription are none')
    // Whoever shows no good token has no name looked up.
    if (!(await store.push.knows(secret))) return refuseKey()
    await refuseProblem(target.endpoint)
    return (await store.push.renew(secret, target)) ? done(reply) : refuseKey()
  })
}
