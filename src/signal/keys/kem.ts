import { concat, copyBytes, type Bytes } from '../bytes.ts'
import {
  KYBER_PUBLIC_LENGTH,
  KYBER_SECRET_LENGTH,
  KYBER_SEED_LENGTH,
  kyberGenerate,
} from '../crypto/kyber.ts'
import type { KemSecret } from '../crypto/provider.ts'
import { randomBytes } from '../crypto/random.ts'
import { signalError } from '../errors.ts'

/** Type byte of Kyber-1024 keys and ciphertexts (spec §1.5); 0x0A (ML-KEM) and 0x07 are refused. */
export const KYBER_KEY_TYPE = 0x08

/** Strips the type byte; throws `invalid-key` for another type or length. */
export const parseKemBytes = (bytes: Uint8Array, length: number, operation: string): Bytes => {
  if (bytes.length === 0) throw signalError('invalid-key', 'no key type identifier', operation)
  if (bytes[0] !== KYBER_KEY_TYPE)
    throw signalError(
      'invalid-key',
      `bad KEM key type <0x${(bytes[0] as number).toString(16).padStart(2, '0')}>`,
      operation
    )
  if (bytes.length !== length + 1)
    throw signalError(
      'invalid-key',
      `bad KEM key length <${bytes.length}> for key with type <Kyber1024 key>`,
      operation
    )
  return copyBytes(bytes.subarray(1))
}

const TYPE_PREFIX = Uint8Array.of(KYBER_KEY_TYPE)

/** A Kyber-1024 public key. */
export class KEMPublicKey {
  readonly #bytes: Bytes

  private constructor(bytes: Bytes) {
    this.#bytes = bytes
  }

  /** From 1569 bytes (0x08 ‖ key). Throws `invalid-key`. */
  static deserialize(bytes: Uint8Array): KEMPublicKey {
    return new KEMPublicKey(parseKemBytes(bytes, KYBER_PUBLIC_LENGTH, 'KyberPublicKey_Deserialize'))
  }

  serialize(): Bytes {
    return concat(TYPE_PREFIX, this.#bytes)
  }
}

/** A Kyber-1024 secret key. */
export class KEMSecretKey {
  readonly #bytes: Bytes
  readonly #seed: Bytes | undefined

  private constructor(bytes: Bytes, seed: Bytes | undefined) {
    this.#bytes = bytes
    this.#seed = seed
  }

  /** From 3169 bytes (0x08 ‖ key), and the seed of the pair if it is known. Throws `invalid-key`. */
  static deserialize(bytes: Uint8Array, seed?: Uint8Array): KEMSecretKey {
    const key = parseKemBytes(bytes, KYBER_SECRET_LENGTH, 'KyberSecretKey_Deserialize')
    return new KEMSecretKey(key, seed && copyBytes(seed))
  }

  serialize(): Bytes {
    return concat(TYPE_PREFIX, this.#bytes)
  }

  /** Copies of the key without its type byte and of the seed, to be wiped after use. */
  raw(): KemSecret {
    return { key: copyBytes(this.#bytes), seed: this.#seed && copyBytes(this.#seed) }
  }
}

/** A Kyber-1024 key pair. */
export class KEMKeyPair {
  readonly #publicKey: KEMPublicKey
  readonly #secretKey: KEMSecretKey

  private constructor(publicKey: KEMPublicKey, secretKey: KEMSecretKey) {
    this.#publicKey = publicKey
    this.#secretKey = secretKey
  }

  static generate(): KEMKeyPair {
    const seed = randomBytes(KYBER_SEED_LENGTH)
    const pair = kyberGenerate(seed)
    return KEMKeyPair.fromKeys(
      KEMPublicKey.deserialize(concat(TYPE_PREFIX, pair.publicKey)),
      KEMSecretKey.deserialize(concat(TYPE_PREFIX, pair.secretKey), seed)
    )
  }

  /** Joins the halves of a stored pair. */
  static fromKeys(publicKey: KEMPublicKey, secretKey: KEMSecretKey): KEMKeyPair {
    return new KEMKeyPair(publicKey, secretKey)
  }

  getPublicKey(): KEMPublicKey {
    return this.#publicKey
  }

  getSecretKey(): KEMSecretKey {
    return this.#secretKey
  }
}
