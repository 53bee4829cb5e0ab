import { copyBytes, type Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import { gcmSivDecrypt, gcmSivEncrypt } from './ciphers.ts'

const KEY_LENGTH = 32

/** AES-256-GCM-SIV (RFC 8452) with a 12-byte nonce; the 16-byte tag is appended. */
export class Aes256GcmSiv {
  readonly #key: Bytes

  private constructor(key: Bytes) {
    this.#key = key
  }

  /** Throws `invalid-argument` unless the key has 32 bytes. */
  static new(key: Uint8Array): Aes256GcmSiv {
    if (key.length !== KEY_LENGTH)
      throw signalError('invalid-argument', 'invalid key size', 'Aes256GcmSiv_New')
    return new Aes256GcmSiv(copyBytes(key))
  }

  encrypt(message: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array): Bytes {
    return gcmSivEncrypt(this.#key, nonce, message, associatedData)
  }

  /** Throws `undecryptable` when the tag is wrong. */
  decrypt(message: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array): Bytes {
    const plaintext = gcmSivDecrypt(this.#key, nonce, message, associatedData)
    if (plaintext === null)
      throw signalError('undecryptable', 'invalid authentication tag', 'Aes256GcmSiv_Decrypt')
    return plaintext
  }
}
