import { clamp, CURVE_KEY_LENGTH, publicFromPrivate, x25519Agree } from './curve.ts'
import { kyberDecapsulate, kyberEncapsulate } from './kyber.ts'
import type { CryptoProvider, RawKeyPair } from './provider.ts'
import { randomBytes } from './random.ts'
import { xeddsaVerify } from './xeddsa.ts'

/** A fresh raw key pair, in pure JavaScript. */
export const generateRawKeyPair = (): RawKeyPair => {
  const privateKey = clamp(randomBytes(CURVE_KEY_LENGTH))
  return { privateKey, publicKey: publicFromPrivate(privateKey) }
}

/** The provider that needs nothing of the platform but random bytes. */
export const pureProvider: CryptoProvider = {
  name: 'pure',
  generate: async () => generateRawKeyPair(),
  agree: async (privateKey, publicKey) => x25519Agree(privateKey, publicKey),
  ratchet: async (privateKey, publicKey) => {
    const received = x25519Agree(privateKey, publicKey)
    const pair = generateRawKeyPair()
    const sent = x25519Agree(pair.privateKey, publicKey)
    return received && sent && { received, pair, sent }
  },
  verify: async (publicKey, message, signature) => xeddsaVerify(publicKey, message, signature),
  encapsulate: async (publicKey) => kyberEncapsulate(publicKey, randomBytes(CURVE_KEY_LENGTH)),
  decapsulate: async ({ key }, ciphertext) => kyberDecapsulate(key, ciphertext),
}
