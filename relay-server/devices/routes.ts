import type { FastifyInstance } from 'fastify'
import { equalBytes, fromBase64Url } from '../../src/lib/bytes.ts'
import { addDeviceSigningInput, removeDeviceSigningInput } from '../../src/protocol/device-approval.ts'
import { verifyEd25519 } from '../../src/protocol/ed25519.ts'
import { parseAccountId, parseDeviceId } from '../../src/protocol/ids.ts'
import { DeviceRemovalSchema, RegistrationSchema, RELAY_PATHS } from '../../src/protocol/relay-api.ts'
import { invitationOf } from '../admin/join.ts'
import type { RelayContext } from '../context.ts'
import { refuse } from '../errors.ts'
import { inviteCodeHash } from '../invites/code.ts'
import { jsonBody } from '../http/body.ts'
import { refuseClientIfOften } from '../http/reply.ts'
import { BODY_LIMITS } from '../limits.ts'

const OTHER_KEYS = ['forbidden', 'this account is registered with other keys'] as const

/** Registration: the first device of an account binds its keys. And its end, for which the account's publish key has to sign. */
export const deviceRoutes = (
  app: FastifyInstance,
  { store, signed, rates, hub, config, now }: RelayContext
): void => {
  app.post(RELAY_PATHS.devices, { bodyLimit: BODY_LIMITS.small }, async (request, reply) => {
    const body = jsonBody(request, RegistrationSchema)
    const account = parseAccountId(body.accountId)
    const device = parseDeviceId(body.deviceId)
    const requestKey = fromBase64Url(body.requestKey)
    const publishKey = fromBase64Url(body.publishKey)
    if (!account || !device || !requestKey || !publishKey)
      return refuse('malformed', 'the registration is not complete')
    // Devices that are known register at each start, all of an office after a cut.
    const known = await store.devices.requestKey(account, device)
    // Before the signature, which a stranger can make with a key of their own.
    if (known && !equalBytes(known, requestKey)) return refuse(...OTHER_KEYS)
    if (!known) await refuseClientIfOften(rates, 'registrations', request, reply)
    const share = known ? account : body.requestKey
    await signed.check(request, { account, device, key: requestKey, share })
    const approval = body.approval === undefined ? undefined : fromBase64Url(body.approval)
    const approved =
      approval !== undefined &&
      (await verifyEd25519(publishKey, addDeviceSigningInput(account, device, requestKey), approval))
    const id = body.start && fromBase64Url(body.start.id)
    const start = body.start && id ? { count: body.start.count, id } : undefined
    const outcome = await store.devices.register(
      { account, device, requestKey, publishKey, approved, ...(start && { start }) },
      config.registration === 'open'
        ? undefined
        : { invite: inviteCodeHash(body.invite ?? invitationOf(request)), now: now() }
    )
    if (outcome === 'uninvited') return refuse('uninvited', 'a new account needs an invitation code here')
    if (outcome === 'refused') return refuse(...OTHER_KEYS)
    if (outcome === 'full') return refuse('quota', 'this account has as many devices as it may have')
    if (outcome === 'removed') return refuse('device-removed', 'this device was removed from its account')
    if (outcome === 'behind')
      return refuse('device-behind', 'this device has been started elsewhere since: it is an older copy')
    return reply.code(outcome === 'created' ? 201 : 200).send({})
  })
  app.put(RELAY_PATHS.removal, { bodyLimit: BODY_LIMITS.small }, async (request, reply) => {
    const { account, device } = await signed.check(request)
    const { device: number = '' } = request.params as { device?: string }
    const other = /^\d{1,3}$/.test(number) ? parseDeviceId(Number(number)) : undefined
    if (!other || other === device) return refuse('malformed', 'another device of the account is to be named')
    const approval = fromBase64Url(jsonBody(request, DeviceRemovalSchema).approval)
    const publishKey = await store.devices.publishKey(account)
    const isApproved =
      approval !== undefined &&
      publishKey !== undefined &&
      (await verifyEd25519(publishKey, removeDeviceSigningInput(account, other), approval))
    if (!isApproved) return refuse('forbidden', 'the key that publishes the device list has not signed this')
    if (!(await store.devices.remove(account, other))) return refuse('not-found', 'there is no such device')
    hub.drop({ account, device: other })
    return reply.code(204).send()
  })
}
