import type { FastifyInstance } from 'fastify'
import { toBase64Url } from '../../src/lib/bytes.ts'
import { RELAY_PATHS, type FannedOut } from '../../src/protocol/relay-api.ts'
import type { RelayContext } from '../context.ts'
import { Refusal } from '../errors.ts'
import { bodyOf } from '../http/body.ts'
import { refuseClientIfOften } from '../http/reply.ts'
import { BODY_LIMITS } from '../limits.ts'
import { wakesOf } from '../push/wakes.ts'
import type { DepositOutcome, DepositRequest } from './deposit.ts'
import { parseFanOut } from './parse-fan-out.ts'

type Result = FannedOut['recipients'][number]

/** One upload for many: each recipient's devices get their part of a sealed-sender message, all in one transaction. */
export const fanOutRoute = (app: FastifyInstance, context: RelayContext): void => {
  const { store, rates, room, hub, push, metrics, config, now } = context

  app.post(
    RELAY_PATHS.fanOut,
    { bodyLimit: BODY_LIMITS.fanOut, onRequest: async () => room.checkMail() },
    async (request, reply): Promise<FannedOut> => {
      const fanOut = parseFanOut(bodyOf(request))
      if (!fanOut.ok) throw new Refusal(fanOut.error)
      const { requests, tail, wake, ttl } = fanOut.value
      await refuseClientIfOften(rates, 'fanOuts', request, reply, requests.length)
      const time = now()
      const expiresAt = time + Math.min(ttl === 0 ? config.mailboxTtl : ttl, config.mailboxTtl)
      const standing = await standingOf(context, requests, time)
      const open = requests.filter((_request, index) => standing[index] === 'open')
      const taken = open.length > 0 ? await store.mailbox.deposit(open, { now: time, expiresAt, tail }) : []
      const next = taken.values()
      const outcomes = standing.map((one) => (one === 'open' ? (next.next().value ?? NO_KEY) : { kind: one }))
      const stored = requests.flatMap(({ account }, index) => {
        const outcome = outcomes[index]
        return outcome?.kind === 'done'
          ? [...new Set(outcome.stored)].map((device) => ({ account, device }))
          : []
      })
      const connected = await hub.wake(stored)
      const wakes = requests.flatMap(({ account, entries }, index) => {
        const outcome = outcomes[index]
        const waking = entries.map((entry) => ({ ...entry, wake, preview: undefined }))
        return outcome?.kind === 'done' ? wakesOf(account, waking, outcome, expiresAt) : []
      })
      push.wake(wakes, connected)
      const refused = outcomes.reduce((sum, one) => sum + (one.kind === 'done' ? one.refused.length : 1), 0)
      metrics.deposited(stored.length, connected.length, refused)
      return { recipients: outcomes.map(resultOf), forwarded: connected.length }
    }
  )
}

interface Often {
  readonly kind: 'often'
}
const NO_KEY = { kind: 'no-key' } as const

/**
 * What to do with each recipient before anything is written. Only keys that open something are counted: others are the sender's to make up, and
 * each would be remembered.
 */
const standingOf = async (
  { store, rates }: RelayContext,
  requests: readonly DepositRequest[],
  now: number
): Promise<readonly ('open' | 'no-key' | 'often')[]> => {
  const good = await store.keys.matchMany(
    requests.map(({ account, keyHash }) => ({ account, keyHash })),
    now
  )
  return Promise.all(
    requests.map(async ({ account, keyHash }, index) => {
      if (good[index] !== true) return 'no-key'
      const wait = await rates.take('deposits', `${account}.${toBase64Url(keyHash)}`)
      return wait === 0 ? 'open' : 'often'
    })
  )
}

/** What a sender learns of one recipient: an account that is not here and a wrong key look alike. */
const resultOf = (outcome: DepositOutcome | Often): Result => {
  if (outcome.kind === 'often') return { code: 'rate-limited', stored: 0 }
  if (outcome.kind === 'no-key' || outcome.kind === 'too-large') return { code: 'forbidden', stored: 0 }
  if (outcome.kind === 'list-changed')
    return { code: 'list-changed', stored: 0, listRevision: outcome.revision }
  const stored = outcome.stored.length
  if (outcome.refused.length === 0) return { code: 'stored', stored }
  return { code: outcome.refused.includes('quota') ? 'quota' : 'not-found', stored }
}
