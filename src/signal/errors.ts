/** Error codes with the numbers of libsignal-client 0.103.0 (the part that this library can raise). */
export const ErrorCode = {
  Generic: 0,
  DuplicatedMessage: 1,
  SealedSenderSelfSend: 2,
  UntrustedIdentity: 3,
  InvalidRegistrationId: 4,
  InvalidProtocolAddress: 5,
  VerificationFailed: 6,
  InvalidSession: 7,
  InvalidSenderKeySession: 8,
} as const
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode]

/**
 * What went wrong, finer than the code (most of libsignal's failures are `Generic`). `undecryptable`
 * covers MAC, padding and post-quantum failures alike, so that an error tells an attacker nothing.
 */
export type SignalErrorReason =
  | 'invalid-argument'
  | 'invalid-key'
  | 'invalid-signature'
  | 'invalid-message'
  | 'version-too-old'
  | 'version-unrecognized'
  | 'duplicate-message'
  | 'too-far-in-the-future'
  | 'undecryptable'
  | 'session-not-found'
  | 'invalid-session'
  | 'invalid-record'
  | 'untrusted-identity'
  | 'invalid-registration-id'
  | 'invalid-address'
  | 'prekey-not-found'
  | 'sender-key-not-found'
  | 'self-send'
  | 'invalid-certificate'
  | 'fingerprint-version'
  | 'fingerprint-invalid'

const CODE_OF: Readonly<Partial<Record<SignalErrorReason, keyof typeof ErrorCode>>> = {
  'duplicate-message': 'DuplicatedMessage',
  'self-send': 'SealedSenderSelfSend',
  'untrusted-identity': 'UntrustedIdentity',
  'invalid-registration-id': 'InvalidRegistrationId',
  'invalid-address': 'InvalidProtocolAddress',
  'invalid-session': 'InvalidSession',
}

/** The error class of libsignal-client: everything that this library throws is one of these. */
export class LibSignalErrorBase extends Error {
  readonly code: ErrorCode
  readonly operation: string
  readonly reason: SignalErrorReason
  readonly addr?: string

  constructor(reason: SignalErrorReason, message: string, operation: string, addr?: string) {
    super(message)
    const name = CODE_OF[reason]
    this.name = name ?? 'LibSignalError'
    this.code = ErrorCode[name ?? 'Generic']
    this.operation = operation
    this.reason = reason
    if (addr !== undefined) this.addr = addr
  }

  override toString(): string {
    return `${this.name} - ${this.operation}: ${this.message}`
  }

  /** Whether this error has the given code. */
  is(code: ErrorCode): boolean {
    return this.code === code
  }

  /** Whether `error` is an error of this library with the given code. */
  static is(error: unknown, code: ErrorCode): error is LibSignalErrorBase {
    return error instanceof LibSignalErrorBase && error.code === code
  }
}
export type LibSignalError = LibSignalErrorBase

/** Makes the error for `reason`; `addr` is the printed protocol address where one is known. */
export const signalError = (
  reason: SignalErrorReason,
  message: string,
  operation: string,
  addr?: string
): LibSignalErrorBase => new LibSignalErrorBase(reason, message, operation, addr)
