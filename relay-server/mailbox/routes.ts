import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fromHex, toBase64Url } from '../../src/lib/bytes.ts'
import { AcknowledgementSchema, RELAY_PATHS, type Deposited } from '../../src/protocol/relay-api.ts'
import { checkKey, shownKey } from '../auth/keyed.ts'
import type { RelayContext } from '../context.ts'
import { Refusal, refuse, refuseKey } from '../errors.ts'
import { bodyOf, declaredBytes, jsonBody } from '../http/body.ts'
import { refuseIfOften, sendBytes } from '../http/reply.ts'
import { BODY_LIMITS } from '../limits.ts'
import { wakesOf } from '../push/wakes.ts'
import type { DepositOutcome } from './deposit.ts'
import { storeAndForward } from './forward-first.ts'
import { parseDeposit } from './parse-deposit.ts'

/** Deposit, fetch and acknowledge. */
export const mailboxRoutes = (app: FastifyInstance, context: RelayContext): void => {
  const { store, signed, rates, room, hub, push, metrics, config, now } = context
  const { limits } = config

  // Before the body is read: strangers' megabytes are not taken in. Small ones are, which most are, and the transaction asks for the key.
  const onRequest = async (request: FastifyRequest): Promise<void> => {
    room.checkMail()
    if (declaredBytes(request) > BODY_LIMITS.small) await checkKey(request, store.keys, now())
  }
  const options = { bodyLimit: BODY_LIMITS.deposit, config: { checksFirst: true }, onRequest } as const
  app.post(RELAY_PATHS.deposit, options, async (request, reply) => {
    const time = now()
    const { account, hash: keyHash, name } = shownKey(request)
    await refuseIfOften(rates, 'deposits', name, reply)
    const deposit = parseDeposit(bodyOf(request))
    if (!deposit.ok) throw new Refusal(deposit.error)
    const { entries, listRevision, ttl } = deposit.value
    const expiresAt = time + Math.min(ttl === 0 ? config.mailboxTtl : ttl, config.mailboxTtl)
    // Previews are not for the store.
    const envelopes = entries.map(({ device, id, body }) => ({ device, id, body }))
    const { outcome, reached } = await storeAndForward(
      context,
      { account, keyHash, listRevision, entries: envelopes },
      { now: time, expiresAt }
    )
    if (!outcome || outcome.kind === 'no-key') return refuseKey()
    if (outcome.kind === 'too-large') return refuse('too-large', 'a request may only be small')
    if (outcome.kind === 'list-changed') {
      const record = toBase64Url((await store.lists.newerThan(account, listRevision)) ?? new Uint8Array())
      return reply
        .code(409)
        .send({ code: 'list-changed', message: 'the account has a newer device list', record })
    }
    // On disk now: from here on its sender may be told of it, and whoever looks into the store.
    const devices = [...new Set(outcome.stored)].map((device) => ({ account, device }))
    const woken = await hub.wake(devices.filter(({ device }) => !reached.has(device)))
    const connected = devices.filter((one) => reached.has(one.device) || woken.includes(one))
    push.wake(wakesOf(account, entries, outcome, expiresAt), connected)
    const here = new Set(connected.map(({ device }) => device))
    const forwarded = outcome.stored.filter((device) => here.has(device)).length
    metrics.deposited(outcome.stored.length, forwarded, outcome.refused.length)
    refuseIfNothing(outcome)
    return { stored: outcome.stored.length, forwarded } satisfies Deposited
  })

  app.get(RELAY_PATHS.mailbox, async (request, reply) => {
    const { account, device } = await signed.check(request)
    const { pageEnvelopes, pageBytes } = limits
    const most = { count: pageEnvelopes, bytes: pageBytes, now: now() }
    return sendBytes(reply, await store.mailbox.page(account, device, most))
  })

  app.post(RELAY_PATHS.ack, { bodyLimit: BODY_LIMITS.small }, async (request, reply) => {
    const { account, device } = await signed.check(request)
    const { ids } = jsonBody(request, AcknowledgementSchema)
    const bytes = ids.map((id) => fromHex(id)).filter((id) => id !== undefined)
    metrics.delivered(await store.mailbox.acknowledge(account, device, bytes))
    return reply.code(204).send()
  })
}

/** Part of a deposit stored is a success: the rest is offered again when its receipt does not come. Nothing stored is a refusal. */
const refuseIfNothing = ({ stored, refused }: Extract<DepositOutcome, { kind: 'done' }>): void => {
  if (stored.length > 0) return
  if (refused.includes('quota')) refuse('quota', 'the mailbox is full')
  refuse('not-found', 'none of these devices is registered here')
}
