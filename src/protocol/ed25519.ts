import { own } from '../lib/bytes.ts'

/** Bytes of an Ed25519 public key. */
export const ED25519_KEY_BYTES = 32
/** Bytes of an Ed25519 signature. */
export const ED25519_SIGNATURE_BYTES = 64

/**
 * Checks an Ed25519 signature (RFC 8032) by WebCrypto. False, never a throw, for lengths that are wrong and keys that are no points.
 * @param key 32 bytes
 * @param signature 64 bytes
 */
export const verifyEd25519 = async (
  key: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array
): Promise<boolean> => {
  if (key.length !== ED25519_KEY_BYTES || signature.length !== ED25519_SIGNATURE_BYTES) return false
  try {
    const imported = await crypto.subtle.importKey('raw', own(key), 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', imported, own(signature), own(data))
  } catch {
    return false
  }
}
