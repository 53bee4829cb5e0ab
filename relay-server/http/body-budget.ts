import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../errors.ts'
import { BODY_LIMITS } from '../limits.ts'
import { aroundOf } from '../rate-limit/network-of.ts'
import { createTally } from '../tally.ts'
import { declaredBytes } from './body.ts'
import { clientOf } from './reply.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Large bodies are read only of who has shown a key or token that is good. */
    readonly checksFirst?: true
  }
}

/** Bytes of bodies that may be on their way in at once. */
export interface BodyBudgetLimits {
  /** Of bodies larger than `BODY_LIMITS.small`. */
  readonly total: number
  /** The part of `total` that routes may take which check nobody before they read a body. */
  readonly unchecked: number
  /** Of one address (a /64 in IPv6): of small bodies, and of large ones. */
  readonly perAddress: number
  /** The same of the network around it (a /24, a /48). */
  readonly perNetwork: number
}

/** A sum that a body is part of. */
interface Share {
  readonly name: string
  readonly most: number
  readonly refusal: Parameters<typeof refuse>
}

const RETRY = '2'
const TOO_MUCH: Share['refusal'] = ['rate-limited', 'too much is being sent at once; try again in a moment']
const BUSY: Share['refusal'] = ['unavailable', 'the relay is taking in all it can; try again in a moment']

/**
 * A hook that holds room for a request's body until its answer is over, before any of it is read: whoever sends many bodies and ends none
 * holds no more memory than this. Small bodies count apart, and for their address and network alone, so that requests get through while large
 * ones wait.
 */
export const createBodyBudget = (
  limits: BodyBudgetLimits
): ((request: FastifyRequest, reply: FastifyReply) => Promise<void>) => {
  const sums = createTally()
  return async (request, reply) => {
    const bytes = Math.min(declaredBytes(request), request.routeOptions.bodyLimit)
    if (bytes === 0) return
    const shares = sharesOf(request, bytes, limits)
    const used = shares.find(({ name, most }) => sums.of(name) + bytes > most)
    if (used) {
      void reply.header('retry-after', RETRY)
      refuse(...used.refusal)
    }
    for (const { name } of shares) sums.add(name, bytes)
    // Whether it was answered or the connection broke.
    reply.raw.once('close', () => {
      for (const { name } of shares) sums.add(name, -bytes)
    })
  }
}

const sharesOf = (request: FastifyRequest, bytes: number, limits: BodyBudgetLimits): readonly Share[] => {
  const { total, unchecked, perAddress, perNetwork } = limits
  const isLarge = bytes > BODY_LIMITS.small
  const size = isLarge ? 'large' : 'small'
  const network = clientOf(request)
  return [
    { name: `${size} of ${network}`, most: perAddress, refusal: TOO_MUCH },
    { name: `${size} around ${aroundOf(network)}`, most: perNetwork, refusal: TOO_MUCH },
    ...(isLarge ? [{ name: 'large', most: total, refusal: BUSY }] : []),
    ...(isLarge && request.routeOptions.config.checksFirst !== true
      ? [{ name: 'unchecked', most: unchecked, refusal: BUSY }]
      : []),
  ]
}
