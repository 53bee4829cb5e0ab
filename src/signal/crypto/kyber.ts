import { sha3_256, shake256 } from '@noble/hashes/sha3.js'
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js'
import { concat, copyBytes, wipe, type Bytes } from '../bytes.ts'

/** Lengths without the type byte 0x08 (spec §1.5). */
export const KYBER_PUBLIC_LENGTH = 1568
export const KYBER_SECRET_LENGTH = 3168
export const KYBER_CIPHERTEXT_LENGTH = 1568

// spec §1.5: round-3 Kyber hashes the FIPS 203 secret together with the ciphertext once more.
const finish = (mlSecret: Uint8Array, ciphertext: Uint8Array): Bytes => {
  const input = concat(mlSecret, sha3_256(ciphertext))
  const secret = shake256(input, { dkLen: 32 })
  wipe(input, mlSecret)
  return copyBytes(secret)
}

/** A Kyber-1024 key pair; `seed` (64 bytes, d‖z of FIPS 203) only for known answers. */
export const kyberGenerate = (
  seed?: Uint8Array
): { readonly publicKey: Bytes; readonly secretKey: Bytes } => {
  const pair = ml_kem1024.keygen(seed)
  return { publicKey: copyBytes(pair.publicKey), secretKey: copyBytes(pair.secretKey) }
}

/** Encapsulates to a public key (1568 bytes); `random` is 32 random bytes (m0). Throws for a malformed key. */
export const kyberEncapsulate = (
  publicKey: Uint8Array,
  random: Uint8Array
): { readonly ciphertext: Bytes; readonly secret: Bytes } => {
  const message = sha3_256(random)
  const { cipherText, sharedSecret } = ml_kem1024.encapsulate(publicKey, message)
  wipe(message)
  return { ciphertext: copyBytes(cipherText), secret: finish(sharedSecret, cipherText) }
}

/** Decapsulates a ciphertext (1568 bytes); implicit rejection gives a secret that the sender doesn't have. */
export const kyberDecapsulate = (secretKey: Uint8Array, ciphertext: Uint8Array): Bytes =>
  finish(ml_kem1024.decapsulate(ciphertext, secretKey), ciphertext)
