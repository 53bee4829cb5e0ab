import { sha3_256, shake256 } from '@noble/hashes/sha3.js'
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js'
import { concat, copyBytes, wipe, type Bytes } from '../bytes.ts'
import type { Encapsulated } from './provider.ts'

/** Lengths without the type byte 0x08 (spec §1.5). */
export const KYBER_PUBLIC_LENGTH = 1568
export const KYBER_SECRET_LENGTH = 3168
export const KYBER_CIPHERTEXT_LENGTH = 1568

/** spec §1.5: round-3 Kyber hashes the FIPS 203 secret, which is wiped, together with the ciphertext once more. */
export const roundThreeSecret = (mlSecret: Uint8Array, ciphertext: Uint8Array): Bytes => {
  const input = concat(mlSecret, sha3_256(ciphertext))
  const secret = shake256(input, { dkLen: 32 })
  wipe(input, mlSecret)
  return copyBytes(secret)
}

/** Length of the seed of a key pair, d‖z of FIPS 203. */
export const KYBER_SEED_LENGTH = 64

/** The Kyber-1024 key pair of a seed. */
export const kyberGenerate = (seed: Uint8Array): { readonly publicKey: Bytes; readonly secretKey: Bytes } => {
  const pair = ml_kem1024.keygen(seed)
  return { publicKey: copyBytes(pair.publicKey), secretKey: copyBytes(pair.secretKey) }
}

/** Encapsulates to a public key (1568 bytes); `random` is 32 random bytes (m0). `null` for a malformed key. */
export const kyberEncapsulate = (publicKey: Uint8Array, random: Uint8Array): Encapsulated | null => {
  const message = sha3_256(random)
  try {
    const { cipherText, sharedSecret } = ml_kem1024.encapsulate(publicKey, message)
    return { ciphertext: copyBytes(cipherText), secret: roundThreeSecret(sharedSecret, cipherText) }
  } catch {
    return null
  } finally {
    wipe(message)
  }
}

/**
 * Decapsulates a ciphertext (1568 bytes); implicit rejection gives a secret that the sender doesn't have. `null` for a
 * malformed secret key.
 */
export const kyberDecapsulate = (secretKey: Uint8Array, ciphertext: Uint8Array): Bytes | null => {
  try {
    return roundThreeSecret(ml_kem1024.decapsulate(ciphertext, secretKey), ciphertext)
  } catch {
    return null
  }
}
