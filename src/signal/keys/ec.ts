import { ascii, concat, copyBytes, equalBytes, type Bytes } from '../bytes.ts'
import { clamp, CURVE_KEY_LENGTH, publicFromPrivate, x25519Agree } from '../crypto/curve.ts'
import { generateRawKeyPair } from '../crypto/pure.ts'
import { randomBytes } from '../crypto/random.ts'
import { SIGNATURE_LENGTH, xeddsaSign, xeddsaVerify } from '../crypto/xeddsa.ts'
import { signalError } from '../errors.ts'
import { decode, encode } from '../proto/wire.ts'

/** Type byte of a Curve25519 public key (spec §1.2). */
export const CURVE_KEY_TYPE = 0x05
/** Length of a serialized public key. */
export const PUBLIC_KEY_LENGTH = 33

// spec §12: what the key of another identity of the same person is signed under.
const ALTERNATE_IDENTITY = concat(new Uint8Array(32).fill(0xff), ascii('Signal_PNI_Signature'))

/** A Curve25519 public key. */
export class PublicKey {
  readonly #bytes: Bytes

  private constructor(bytes: Bytes) {
    this.#bytes = bytes
  }

  /** From 33 bytes (0x05 ‖ u); bytes after the 33rd are ignored as libsignal does. Throws `invalid-key`. */
  static deserialize(bytes: Uint8Array): PublicKey {
    const operation = 'PublicKey_Deserialize'
    if (bytes.length === 0) throw signalError('invalid-key', 'no key type identifier', operation)
    if (bytes[0] !== CURVE_KEY_TYPE)
      throw signalError(
        'invalid-key',
        `bad key type <0x${(bytes[0] as number).toString(16).padStart(2, '0')}>`,
        operation
      )
    if (bytes.length < PUBLIC_KEY_LENGTH)
      throw signalError('invalid-key', `bad key length <${bytes.length}> for key with type <Djb>`, operation)
    return new PublicKey(copyBytes(bytes.subarray(1, PUBLIC_KEY_LENGTH)))
  }

  /** From the 32-byte u-coordinate, without a type byte. */
  static fromRaw(bytes: Uint8Array): PublicKey {
    return new PublicKey(copyBytes(bytes))
  }

  /** Whether the 32 bytes are equal; no canonicalization (spec §1.2). */
  equals(other: PublicKey): boolean {
    return equalBytes(this.#bytes, other.#bytes)
  }

  /** 33 bytes: 0x05 ‖ u. */
  serialize(): Bytes {
    return concat(Uint8Array.of(CURVE_KEY_TYPE), this.#bytes)
  }

  /** The 32-byte u-coordinate. */
  getPublicKeyBytes(): Bytes {
    return copyBytes(this.#bytes)
  }

  /** Verifies an XEdDSA signature (spec §1.3); a malformed one is simply not valid. */
  verify(message: Uint8Array, signature: Uint8Array): boolean {
    return signature.length === SIGNATURE_LENGTH && xeddsaVerify(this.#bytes, message, signature)
  }

  /** Verifies that the holder of this identity has named `other` as theirs, too (spec §12). */
  verifyAlternateIdentity(other: PublicKey, signature: Uint8Array): boolean {
    return this.verify(concat(ALTERNATE_IDENTITY, other.serialize()), signature)
  }
}

/** A Curve25519 private key. Its bytes show nowhere but in `serialize()`. */
export class PrivateKey {
  readonly #bytes: Bytes
  #public: PublicKey | undefined

  private constructor(bytes: Bytes) {
    this.#bytes = bytes
  }

  static generate(): PrivateKey {
    return new PrivateKey(generateRawKeyPair().privateKey)
  }

  /** From 32 bytes, which are clamped. Throws `invalid-key`. */
  static deserialize(bytes: Uint8Array): PrivateKey {
    if (bytes.length !== CURVE_KEY_LENGTH)
      throw signalError(
        'invalid-key',
        `bad key length <${bytes.length}> for key with type <Djb>`,
        'PrivateKey_Deserialize'
      )
    return new PrivateKey(clamp(bytes))
  }

  /** The 32 secret bytes. */
  serialize(): Bytes {
    return copyBytes(this.#bytes)
  }

  /** XEdDSA signature, 64 bytes (spec §1.3). */
  sign(message: Uint8Array): Bytes {
    return xeddsaSign(this.#bytes, message, randomBytes(64))
  }

  /** X25519 with `other`: 32 bytes. Throws `invalid-key` when the result would be all zero. */
  agree(other: PublicKey): Bytes {
    const secret = x25519Agree(this.#bytes, other.getPublicKeyBytes())
    if (secret === null) throw signalError('invalid-key', 'invalid key agreement', 'ECPrivateKey_Agree')
    return secret
  }

  getPublicKey(): PublicKey {
    return (this.#public ??= PublicKey.fromRaw(publicFromPrivate(this.#bytes)))
  }
}

const PAIR = { publicKey: [1, 'bytes', 'required'], privateKey: [2, 'bytes', 'required'] } as const

/** An identity: the long-term key pair of a device. */
export class IdentityKeyPair {
  readonly publicKey: PublicKey
  readonly privateKey: PrivateKey

  constructor(publicKey: PublicKey, privateKey: PrivateKey) {
    this.publicKey = publicKey
    this.privateKey = privateKey
  }

  static generate(): IdentityKeyPair {
    const privateKey = PrivateKey.generate()
    return new IdentityKeyPair(privateKey.getPublicKey(), privateKey)
  }

  /** From the bytes of `serialize()` (libsignal's layout, spec §16). Throws `invalid-record`. */
  static deserialize(bytes: Uint8Array): IdentityKeyPair {
    const pair = decode(PAIR, bytes)
    if (!pair)
      throw signalError('invalid-record', 'protobuf encoding was invalid', 'IdentityKeyPair_Deserialize')
    return new IdentityKeyPair(PublicKey.deserialize(pair.publicKey), PrivateKey.deserialize(pair.privateKey))
  }

  serialize(): Bytes {
    return encode(PAIR, { publicKey: this.publicKey.serialize(), privateKey: this.privateKey.serialize() })
  }

  /** States, signed, that `other` is an identity of the same person (spec §12). */
  signAlternateIdentity(other: PublicKey): Bytes {
    return this.privateKey.sign(concat(ALTERNATE_IDENTITY, other.serialize()))
  }
}
