import type { NetworkError } from '../../core/domain/errors.ts'
import { err, type Result } from '../../lib/result.ts'

type Reason = NetworkError['reason']

/** A failure of ours, named by its reason. */
export const networkError = (reason: Reason): NetworkError => ({ kind: 'network', reason })

/** The same as a result. */
export const failed = (reason: Reason): Result<never, NetworkError> => err(networkError(reason))

/** Names of libp2p's error classes. Their texts are for people and change. */
const REASONS: Readonly<Record<string, Reason>> = {
  AbortError: 'timeout',
  TimeoutError: 'timeout',
  ConnectionDeniedError: 'refused',
  ConnectionInterceptedError: 'refused',
  DialDeniedError: 'refused',
  // What a circuit relay's refusal becomes: the other side has no reservation or does not want us.
  InvalidMessageError: 'refused',
  NoValidAddressesError: 'unsupported',
  TransportUnavailableError: 'unsupported',
  UnsupportedOperationError: 'unsupported',
  UnsupportedProtocolError: 'unsupported',
  NotFoundError: 'not-found',
}

/** What an error of libp2p means for us; several tries count as their last one. */
export const mapFailure = (error: unknown): NetworkError => {
  const last: unknown = error instanceof AggregateError ? error.errors.at(-1) : error
  return networkError(
    last instanceof Error ? (REASONS[last.name] ?? 'relay-unreachable') : 'relay-unreachable'
  )
}
