import { cbc, ctr, gcmsiv } from '@noble/ciphers/aes.js'
import { copyBytes, type Bytes } from '../bytes.ts'

const BLOCK = 16

/** AES-256-CBC with PKCS#7 padding (spec §1.4). */
export const cbcEncrypt = (key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Bytes =>
  cbc(key, iv).encrypt(plaintext)

/** AES-256-CBC decryption; `null` for every failure alike (length or padding). */
export const cbcDecrypt = (key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Bytes | null => {
  try {
    return copyBytes(cbc(key, iv).decrypt(ciphertext))
  } catch {
    return null
  }
}

/**
 * AES-256-CTR from counter block 0 (spec §1.4). The counter is 32 bits wide there and 128 bits here, which
 * is the same for every text below 64 GiB.
 */
export const ctrCrypt = (key: Uint8Array, text: Uint8Array): Bytes =>
  ctr(key, new Uint8Array(BLOCK)).encrypt(text)

/** AES-256-GCM-SIV (RFC 8452) with the given 12-byte nonce; the 16-byte tag is appended. */
export const gcmSivEncrypt = (key: Uint8Array, nonce: Uint8Array, text: Uint8Array, aad: Uint8Array): Bytes =>
  gcmsiv(key, nonce, aad).encrypt(text)

/** AES-256-GCM-SIV decryption; `null` when the tag is wrong. */
export const gcmSivDecrypt = (
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array
): Bytes | null => {
  try {
    return gcmsiv(key, nonce, aad).decrypt(sealed)
  } catch {
    return null
  }
}
