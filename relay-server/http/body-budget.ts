import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../errors.ts'
import { BODY_LIMITS } from '../limits.ts'
import { declaredBytes } from './body.ts'
import { aroundOf } from '../rate-limit/network-of.ts'
import { clientOf } from './reply.ts'

/** Bytes of bodies that may be on their way in at once. */
export interface BodyBudgetLimits {
  /** Of bodies larger than `BODY_LIMITS.small`. */
  readonly total: number
  /** Of all bodies of one address (a /64 in IPv6). */
  readonly perAddress: number
  /** Of all bodies of the network around it (a /24, a /48). */
  readonly perNetwork: number
}

const RETRY = '2'

/**
 * A hook that holds room for a request's body until its answer is over, before any of it is read: whoever sends many bodies and ends none
 * holds no more memory than this. Small bodies count for their address and network alone, so that requests get through while large ones wait.
 */
export const createBodyBudget = (
  limits: BodyBudgetLimits
): ((request: FastifyRequest, reply: FastifyReply) => Promise<void>) => {
  const ofNetwork = new Map<string, number>()
  let large = 0

  const add = (name: string, bytes: number): void => {
    const sum = (ofNetwork.get(name) ?? 0) + bytes
    if (sum > 0) ofNetwork.set(name, sum)
    else ofNetwork.delete(name)
  }
  const hasRoom = (name: string, bytes: number, most: number): boolean =>
    (ofNetwork.get(name) ?? 0) + bytes <= most

  return async (request, reply) => {
    const bytes = Math.min(declaredBytes(request), request.routeOptions.bodyLimit)
    if (bytes === 0) return
    const network = clientOf(request)
    const around = aroundOf(network)
    if (!hasRoom(network, bytes, limits.perAddress) || !hasRoom(around, bytes, limits.perNetwork)) {
      void reply.header('retry-after', RETRY)
      refuse('rate-limited', 'too much is being sent at once; try again in a moment')
    }
    const counted = bytes > BODY_LIMITS.small ? bytes : 0
    if (large + counted > limits.total) {
      void reply.header('retry-after', RETRY)
      refuse('unavailable', 'the relay is taking in all it can; try again in a moment')
    }
    large += counted
    add(network, bytes)
    add(around, bytes)
    // Whether it was answered or the connection broke.
    reply.raw.once('close', () => {
      large -= counted
      add(network, -bytes)
      add(around, -bytes)
    })
  }
}
