import { own, utf8 } from '../../lib/bytes.ts'
import type { PasskeyInfo } from '../../core/domain/keeper.ts'

const IV = 12

/** How a passkey opens the lock. */
export interface PasskeyEntry extends PasskeyInfo {
  readonly iv: Uint8Array
  /** The database's key, wrapped by the passkey's secret and then by the browser's key. */
  readonly wrapped: Uint8Array
}

const isBytes = (value: unknown): boolean => value instanceof Uint8Array
export const isPasskeyEntry = (value: unknown): value is PasskeyEntry =>
  typeof value === 'object' &&
  value !== null &&
  'credential' in value &&
  isBytes(value.credential) &&
  'salt' in value &&
  isBytes(value.salt) &&
  'iv' in value &&
  isBytes(value.iv) &&
  'wrapped' in value &&
  isBytes(value.wrapped)

/** The passkey answers 32 random-looking bytes; what wraps is derived from them for this purpose alone (RFC 5869). */
const keyOf = (secret: CryptoKey): Promise<CryptoKey> =>
  crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: utf8('MePassa/app-lock-passkey/v1') },
    secret,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt']
  )

/** Wraps a key for a passkey: nonce, then ciphertext and tag. @param secret an HKDF key */
export const wrapWithPasskey = async (raw: Uint8Array, secret: CryptoKey): Promise<Uint8Array> => {
  const iv = crypto.getRandomValues(new Uint8Array(IV))
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await keyOf(secret), own(raw))
  return new Uint8Array([...iv, ...new Uint8Array(sealed)])
}

/** The key again; undefined when it was wrapped for another passkey. */
export const unwrapWithPasskey = async (
  wrapped: Uint8Array,
  secret: CryptoKey
): Promise<Uint8Array | undefined> => {
  const key = await keyOf(secret)
  try {
    const algorithm = { name: 'AES-GCM', iv: own(wrapped.subarray(0, IV)) }
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, own(wrapped.subarray(IV))))
  } catch {
    return undefined
  }
}
