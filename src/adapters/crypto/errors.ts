import type { CryptoError } from '../../core/domain/errors.ts'
import { err, ok, type Result } from '../../lib/result.ts'
import { LibSignalErrorBase, type SignalErrorReason } from '../../signal/index.ts'

const REASONS: Readonly<Partial<Record<SignalErrorReason, CryptoError['reason']>>> = {
  'duplicate-message': 'duplicate',
  'untrusted-identity': 'untrusted-identity',
  'session-not-found': 'no-session',
  'invalid-signature': 'bad-signature',
}

/** The one place where errors of the Signal library become ours; anything else is a defect and goes on as it is. */
export const attempt = async <T>(work: () => Promise<T>): Promise<Result<T, CryptoError>> => {
  try {
    return ok(await work())
  } catch (error) {
    if (!(error instanceof LibSignalErrorBase)) throw error
    return err({ kind: 'crypto', reason: REASONS[error.reason] ?? 'undecryptable' })
  }
}
