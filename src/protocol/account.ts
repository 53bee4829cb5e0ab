import { sha256 } from './sha256.ts'
import { accountIdFromBytes, type AccountId } from './ids.ts'

/** Length of a Curve25519 public key with its type byte 0x05. */
export const PUBLIC_KEY_BYTES = 33

/** True for 33 bytes that begin with the key type 0x05. */
export const isPublicKey = (bytes: Uint8Array): boolean =>
  bytes.length === PUBLIC_KEY_BYTES && bytes[0] === 0x05

/** The account id of an account key (33 bytes): a version 8 UUID of the first 16 bytes of its SHA-256. */
export const accountIdOf = (accountKey: Uint8Array): AccountId => {
  if (!isPublicKey(accountKey)) throw new TypeError('accountKey: 33 bytes, 0x05 first')
  const bytes = sha256(accountKey).slice(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return accountIdFromBytes(bytes) as AccountId
}
