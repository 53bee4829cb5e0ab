import { concat, copyBytes, equalBytes, wipe, type Bytes } from '../bytes.ts'
import { clamp, CURVE_KEY_LENGTH } from './curve.ts'
import { pureProvider } from './pure.ts'
import type { CryptoProvider } from './provider.ts'
import { kemOf, type KemOperations } from './web-kem.ts'
import { randomBytes } from './random.ts'
import { toEd25519, xeddsaVerify } from './xeddsa.ts'

// RFC 8410: the fixed DER in front of a raw X25519 private key; WebCrypto takes private keys only wrapped.
const PKCS8_PREFIX = Uint8Array.from([
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20,
])
const X25519_NAME = 'X25519'
const ED25519_NAME = 'Ed25519'
const ZERO = new Uint8Array(CURVE_KEY_LENGTH)
/** u = 9, the base point of RFC 7748: agreeing with it gives the public key. */
const BASE_POINT = Uint8Array.of(9, ...new Uint8Array(CURVE_KEY_LENGTH - 1))

const importPrivate = async (subtle: SubtleCrypto, privateKey: Uint8Array): Promise<CryptoKey> => {
  const wrapped = concat(PKCS8_PREFIX, privateKey)
  try {
    return await subtle.importKey('pkcs8', wrapped, X25519_NAME, false, ['deriveBits'])
  } finally {
    wipe(wrapped)
  }
}

const importPublic = (subtle: SubtleCrypto, publicKey: Uint8Array): Promise<CryptoKey> =>
  subtle.importKey('raw', copyBytes(publicKey), X25519_NAME, true, [])

const derive = async (
  subtle: SubtleCrypto,
  secret: Promise<CryptoKey>,
  remote: Promise<CryptoKey>
): Promise<Bytes | null> => {
  const [privateKey, publicKey] = await Promise.all([secret, remote])
  try {
    const bits = new Uint8Array(
      await subtle.deriveBits({ name: X25519_NAME, public: publicKey }, privateKey, 256)
    )
    return equalBytes(bits, ZERO) ? null : bits
  } catch {
    // The platform reports an all-zero result as an operation error.
    return null
  }
}

/**
 * X25519 and signature checks by the platform. A signature that the platform refuses is checked once more in
 * pure JavaScript: its Ed25519 may be stricter (it wants s below the group order) than spec §1.3.
 */
export const createWebCryptoProvider = (subtle: SubtleCrypto): CryptoProvider => ({
  ...pureProvider,
  name: 'webcrypto',
  generate: async () => {
    const privateKey = clamp(randomBytes(CURVE_KEY_LENGTH))
    const publicKey = await derive(
      subtle,
      importPrivate(subtle, privateKey),
      importPublic(subtle, BASE_POINT)
    )
    return { privateKey, publicKey: publicKey as Bytes }
  },
  agree: (privateKey, publicKey) =>
    derive(subtle, importPrivate(subtle, privateKey), importPublic(subtle, publicKey)),
  ratchet: async (privateKey, publicKey) => {
    const fresh = clamp(randomBytes(CURVE_KEY_LENGTH))
    const remote = importPublic(subtle, publicKey)
    const freshKey = importPrivate(subtle, fresh)
    const [received, ours, sent] = await Promise.all([
      derive(subtle, importPrivate(subtle, privateKey), remote),
      derive(subtle, freshKey, importPublic(subtle, BASE_POINT)),
      derive(subtle, freshKey, remote),
    ])
    return received && sent && { received, pair: { privateKey: fresh, publicKey: ours as Bytes }, sent }
  },
  verify: async (publicKey, message, signature) => {
    const converted = toEd25519(publicKey, signature)
    if (converted === null) return false
    try {
      const key = await subtle.importKey('raw', converted.key, ED25519_NAME, false, ['verify'])
      if (await subtle.verify(ED25519_NAME, key, converted.signature, copyBytes(message))) return true
    } catch {
      // Not a point, or a platform without Ed25519: the pure path decides.
    }
    return xeddsaVerify(publicKey, message, signature)
  },
})

const supportsX25519 = async (subtle: SubtleCrypto): Promise<boolean> => {
  try {
    await importPrivate(subtle, BASE_POINT)
    return true
  } catch {
    return false
  }
}

const choose = async (subtle: SubtleCrypto | undefined): Promise<CryptoProvider> => {
  if (subtle === undefined) return pureProvider
  const curve = (await supportsX25519(subtle)) ? createWebCryptoProvider(subtle) : pureProvider
  const kem: KemOperations | null = await kemOf(subtle)
  return { ...curve, ...kem }
}

/**
 * The provider for a platform: WebCrypto for what it knows of X25519 and ML-KEM-1024, else pure. The question is asked
 * once, at the first use.
 */
export const createAutoProvider = (subtle: SubtleCrypto | undefined): CryptoProvider => {
  let chosen: Promise<CryptoProvider> | undefined
  const get = (): Promise<CryptoProvider> => (chosen ??= choose(subtle))
  return {
    name: 'auto',
    generate: async () => (await get()).generate(),
    agree: async (privateKey, publicKey) => (await get()).agree(privateKey, publicKey),
    ratchet: async (privateKey, publicKey) => (await get()).ratchet(privateKey, publicKey),
    verify: async (publicKey, message, signature) => (await get()).verify(publicKey, message, signature),
    encapsulate: async (publicKey) => (await get()).encapsulate(publicKey),
    decapsulate: async (secret, ciphertext) => (await get()).decapsulate(secret, ciphertext),
  }
}

/** The provider used where a caller names none. */
export const defaultProvider: CryptoProvider = createAutoProvider(globalThis.crypto?.subtle)
