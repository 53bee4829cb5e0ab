import { copyBytes } from '../bytes.ts'
import { kyberDecapsulate, roundThreeSecret } from './kyber.ts'
import type { CryptoProvider } from './provider.ts'

const NAME = 'ML-KEM-1024'

/** What a provider does with KEM keys. */
export type KemOperations = Pick<CryptoProvider, 'encapsulate' | 'decapsulate'>

// The part of WebCrypto ("Modern Algorithms") that is newer than the types of TypeScript.
type KemSubtle = {
  readonly importKey: (
    format: 'raw-public' | 'raw-seed',
    key: Uint8Array,
    name: typeof NAME,
    isExtractable: false,
    usages: readonly ('encapsulateBits' | 'decapsulateBits')[]
  ) => Promise<CryptoKey>
  readonly encapsulateBits: (
    name: typeof NAME,
    key: CryptoKey
  ) => Promise<{ readonly ciphertext: ArrayBuffer; readonly sharedKey: ArrayBuffer }>
  readonly decapsulateBits: (
    name: typeof NAME,
    key: CryptoKey,
    ciphertext: Uint8Array
  ) => Promise<ArrayBuffer>
}

/**
 * Kyber by a platform that has ML-KEM-1024: the last hash is ours (spec §1.5), and the platform may choose the random
 * message, which no receiver can tell. It takes secret keys as seeds only; those of unknown seed go the pure way.
 */
const operationsOf = (subtle: KemSubtle): KemOperations => ({
  encapsulate: async (publicKey) => {
    try {
      const key = await subtle.importKey('raw-public', copyBytes(publicKey), NAME, false, ['encapsulateBits'])
      const { ciphertext, sharedKey } = await subtle.encapsulateBits(NAME, key)
      const bytes = new Uint8Array(ciphertext)
      return { ciphertext: bytes, secret: roundThreeSecret(new Uint8Array(sharedKey), bytes) }
    } catch {
      return null
    }
  },
  decapsulate: async ({ key, seed }, ciphertext) => {
    if (seed === undefined) return kyberDecapsulate(key, ciphertext)
    const secret = await subtle.importKey('raw-seed', seed, NAME, false, ['decapsulateBits'])
    const shared = await subtle.decapsulateBits(NAME, secret, copyBytes(ciphertext))
    return roundThreeSecret(new Uint8Array(shared), ciphertext)
  },
})

/** The KEM of a platform, or `null` where it has none; importing a seed of zeros tells. */
export const kemOf = async (subtle: SubtleCrypto): Promise<KemOperations | null> => {
  const kem = subtle as unknown as KemSubtle
  try {
    await kem.importKey('raw-seed', new Uint8Array(64), NAME, false, ['decapsulateBits'])
    return operationsOf(kem)
  } catch {
    return null
  }
}
