import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../errors.ts'
import { networkOf } from '../rate-limit/network-of.ts'
import type { RateName, Rates } from '../rate-limit/rates.ts'

export const PROTOBUF = 'application/x-protobuf'

/** Answers with a protobuf message or sealed bytes. */
export const sendBytes = (reply: FastifyReply, bytes: Uint8Array): FastifyReply =>
  reply.type(PROTOBUF).send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))

/** Counts one more and refuses with `rate-limited` and Retry-After when it is too many. */
export const refuseIfOften = async (
  rates: Rates,
  name: RateName,
  key: string,
  reply: FastifyReply
): Promise<void> => refuseFor(await rates.take(name, key), reply)

/** The same for what comes from the request's address. */
export const refuseClientIfOften = async (
  rates: Rates,
  name: RateName,
  request: FastifyRequest,
  reply: FastifyReply,
  points?: number
): Promise<void> => refuseFor(await rates.takeFrom(name, request.ip, points), reply)

const refuseFor = (wait: number, reply: FastifyReply): void => {
  if (wait === 0) return
  void reply.header('retry-after', Math.ceil(wait / 1000))
  refuse('rate-limited', 'too many requests; try again later')
}

/** The client's network as a key for limits: never logged, never stored. */
export const clientOf = (request: FastifyRequest): string => networkOf(request.ip)
