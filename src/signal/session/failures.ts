import type { ProtocolAddress } from '../address/protocol-address.ts'
import { signalError } from '../errors.ts'
import type { RatchetFailure } from '../ratchet/decrypt.ts'

/** The error for a device without a session; `step` is libsignal's name for what was tried. */
export const noSession = (address: ProtocolAddress, step: string, operation: string): Error =>
  signalError(
    'session-not-found',
    `session with ${address.toString()} not found: ${step}`,
    operation,
    address.name()
  )

/** The error for an identity that the store doesn't trust. */
export const untrusted = (address: ProtocolAddress, operation: string): Error =>
  signalError(
    'untrusted-identity',
    `untrusted identity for address ${address.toString()}`,
    operation,
    address.name()
  )

/** The error for a message that no session decrypts; `kind` is the message's name in libsignal's texts. */
export const failureError = (failure: RatchetFailure, kind: string, operation: string): Error => {
  if (failure === 'duplicate') return signalError('duplicate-message', 'message with old counter', operation)
  const reason = failure === 'jump' ? 'too-far-in-the-future' : 'undecryptable'
  return signalError(reason, `invalid ${kind} message: decryption failed`, operation)
}
