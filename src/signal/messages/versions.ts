import { signalError } from '../errors.ts'

/** Session (message) version of today (spec §13). */
export const SESSION_VERSION = 4
/** The oldest version whose messages are still parsed. */
export const OLDEST_SESSION_VERSION = 3
/** Version of sender-key messages. */
export const SENDER_KEY_VERSION = 3

/** First byte of a message: its version in the high nibble, the current version in the low one. */
export const versionByte = (version: number, current: number): number => ((version << 4) | current) & 0xff

/** The version in the first byte; throws `version-too-old` or `version-unrecognized`. */
export const readVersion = (first: number, oldest: number, newest: number, operation: string): number => {
  const version = first >> 4
  if (version < oldest)
    throw signalError('version-too-old', `ciphertext version was too old <${version}>`, operation)
  if (version > newest)
    throw signalError('version-unrecognized', `ciphertext version was unrecognized <${version}>`, operation)
  return version
}

/** The error for bytes that aren't a message of the expected form. */
export const malformed = (operation: string): Error =>
  signalError('invalid-message', 'protobuf encoding was invalid', operation)

/** The error for bytes that can't hold a message at all. */
export const tooShort = (length: number, operation: string): Error =>
  signalError('invalid-message', `ciphertext serialized bytes were too short <${length}>`, operation)
