/** What the relay answers when it does not do what was asked. The codes are those of `relay-api.ts`. */
import type { RelayErrorCode } from '../src/protocol/relay-api.ts'

/** A refusal. It carries no ids: its message is shown and may be logged. */
export interface RelayError {
  readonly kind: 'relay'
  readonly code: RelayErrorCode
  readonly message: string
}

const STATUS: Readonly<Record<RelayErrorCode, number>> = {
  malformed: 400,
  unauthorized: 401,
  forbidden: 403,
  uninvited: 403,
  'device-removed': 403,
  'not-found': 404,
  conflict: 409,
  'list-changed': 409,
  'device-behind': 409,
  'too-large': 413,
  quota: 429,
  'rate-limited': 429,
  unavailable: 503,
}

/** HTTP status of a code. */
export const statusOf = (code: RelayErrorCode): number => STATUS[code]

/** Makes a refusal. */
export const refusal = (code: RelayErrorCode, message: string): RelayError => ({
  kind: 'relay',
  code,
  message,
})

/** Carries a refusal through Fastify, whose handlers answer by throwing. */
export class Refusal extends Error {
  readonly error: RelayError
  constructor(error: RelayError) {
    super(error.message)
    this.error = error
  }
}

/** Stops the handling of a request with a refusal. */
export const refuse = (code: RelayErrorCode, message: string): never => {
  throw new Refusal(refusal(code, message))
}

/** One answer for an account that is not here and a key that opens nothing, so that neither can be probed. */
export const refuseKey = (): never => refuse('forbidden', 'this key opens nothing here')
