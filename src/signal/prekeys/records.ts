import type { Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import { PrivateKey, PublicKey } from '../keys/ec.ts'
import { KEMKeyPair, KEMPublicKey, KEMSecretKey } from '../keys/kem.ts'
import { decode, encode } from '../proto/wire.ts'

// libsignal's layout (spec §16) plus a version of ours in a field that it skips.
const VERSION = 1
const PRE_KEY = {
  id: [1, 'uint32'],
  publicKey: [2, 'bytes', 'required'],
  privateKey: [3, 'bytes', 'required'],
  version: [100, 'uint32'],
} as const
const SIGNED_PRE_KEY = {
  id: [1, 'uint32'],
  publicKey: [2, 'bytes', 'required'],
  privateKey: [3, 'bytes', 'required'],
  signature: [4, 'bytes'],
  timestamp: [5, 'fixed64'],
  version: [100, 'uint32'],
} as const

// The seed, from which platforms make the secret key, is known of keys that were made here.
const KYBER_PRE_KEY = { ...SIGNED_PRE_KEY, seed: [101, 'bytes'] } as const

const checked = <R extends { version: number | undefined }>(record: R | null, operation: string): R => {
  if (!record || (record.version ?? VERSION) > VERSION)
    throw signalError('invalid-record', 'protobuf encoding was invalid', operation)
  return record
}

/** A stored one-time prekey. */
export class PreKeyRecord {
  readonly #id: number
  readonly #publicKey: PublicKey
  readonly #privateKey: PrivateKey

  private constructor(id: number, publicKey: PublicKey, privateKey: PrivateKey) {
    this.#id = id
    this.#publicKey = publicKey
    this.#privateKey = privateKey
  }

  static new(id: number, pubKey: PublicKey, privKey: PrivateKey): PreKeyRecord {
    return new PreKeyRecord(id, pubKey, privKey)
  }

  /** Throws `invalid-record` or `invalid-key`. */
  static deserialize(bytes: Uint8Array): PreKeyRecord {
    const record = checked(decode(PRE_KEY, bytes), 'PreKeyRecord_Deserialize')
    return new PreKeyRecord(
      record.id ?? 0,
      PublicKey.deserialize(record.publicKey),
      PrivateKey.deserialize(record.privateKey)
    )
  }

  id(): number {
    return this.#id
  }

  privateKey(): PrivateKey {
    return this.#privateKey
  }

  publicKey(): PublicKey {
    return this.#publicKey
  }

  serialize(): Bytes {
    return encode(PRE_KEY, {
      id: this.#id,
      publicKey: this.#publicKey.serialize(),
      privateKey: this.#privateKey.serialize(),
      version: VERSION,
    })
  }
}

/** The public half of a signed prekey. */
export type SignedPublicPreKey = {
  id: () => number
  publicKey: () => PublicKey
  signature: () => Bytes
}

/** A stored signed prekey. */
export class SignedPreKeyRecord implements SignedPublicPreKey {
  readonly #id: number
  readonly #timestamp: number
  readonly #publicKey: PublicKey
  readonly #privateKey: PrivateKey
  readonly #signature: Bytes

  private constructor(
    id: number,
    timestamp: number,
    publicKey: PublicKey,
    privateKey: PrivateKey,
    signature: Bytes
  ) {
    this.#id = id
    this.#timestamp = timestamp
    this.#publicKey = publicKey
    this.#privateKey = privateKey
    this.#signature = signature
  }

  static new(
    id: number,
    timestamp: number,
    pubKey: PublicKey,
    privKey: PrivateKey,
    signature: Uint8Array
  ): SignedPreKeyRecord {
    return new SignedPreKeyRecord(id, timestamp, pubKey, privKey, new Uint8Array(signature))
  }

  /** Throws `invalid-record` or `invalid-key`. */
  static deserialize(bytes: Uint8Array): SignedPreKeyRecord {
    const record = checked(decode(SIGNED_PRE_KEY, bytes), 'SignedPreKeyRecord_Deserialize')
    return new SignedPreKeyRecord(
      record.id ?? 0,
      record.timestamp ?? 0,
      PublicKey.deserialize(record.publicKey),
      PrivateKey.deserialize(record.privateKey),
      record.signature ?? new Uint8Array(0)
    )
  }

  id(): number {
    return this.#id
  }

  privateKey(): PrivateKey {
    return this.#privateKey
  }

  publicKey(): PublicKey {
    return this.#publicKey
  }

  signature(): Bytes {
    return new Uint8Array(this.#signature)
  }

  /** Creation time as the caller gave it (milliseconds since 1970 by convention). */
  timestamp(): number {
    return this.#timestamp
  }

  serialize(): Bytes {
    return encode(SIGNED_PRE_KEY, {
      id: this.#id,
      publicKey: this.#publicKey.serialize(),
      privateKey: this.#privateKey.serialize(),
      signature: this.#signature,
      timestamp: this.#timestamp,
      version: VERSION,
    })
  }
}

/** The public half of a Kyber prekey. */
export type SignedKyberPublicPreKey = {
  id: () => number
  publicKey: () => KEMPublicKey
  signature: () => Bytes
}

/** A stored Kyber prekey. */
export class KyberPreKeyRecord implements SignedKyberPublicPreKey {
  readonly #id: number
  readonly #timestamp: number
  readonly #keyPair: KEMKeyPair
  readonly #signature: Bytes

  private constructor(id: number, timestamp: number, keyPair: KEMKeyPair, signature: Bytes) {
    this.#id = id
    this.#timestamp = timestamp
    this.#keyPair = keyPair
    this.#signature = signature
  }

  static new(id: number, timestamp: number, keyPair: KEMKeyPair, signature: Uint8Array): KyberPreKeyRecord {
    return new KyberPreKeyRecord(id, timestamp, keyPair, new Uint8Array(signature))
  }

  /** Throws `invalid-record` or `invalid-key`. */
  static deserialize(bytes: Uint8Array): KyberPreKeyRecord {
    const record = checked(decode(KYBER_PRE_KEY, bytes), 'KyberPreKeyRecord_Deserialize')
    const pair = KEMKeyPair.fromKeys(
      KEMPublicKey.deserialize(record.publicKey),
      KEMSecretKey.deserialize(record.privateKey, record.seed)
    )
    return new KyberPreKeyRecord(
      record.id ?? 0,
      record.timestamp ?? 0,
      pair,
      record.signature ?? new Uint8Array(0)
    )
  }

  id(): number {
    return this.#id
  }

  keyPair(): KEMKeyPair {
    return this.#keyPair
  }

  publicKey(): KEMPublicKey {
    return this.#keyPair.getPublicKey()
  }

  secretKey(): KEMSecretKey {
    return this.#keyPair.getSecretKey()
  }

  signature(): Bytes {
    return new Uint8Array(this.#signature)
  }

  timestamp(): number {
    return this.#timestamp
  }

  serialize(): Bytes {
    return encode(KYBER_PRE_KEY, {
      id: this.#id,
      publicKey: this.publicKey().serialize(),
      privateKey: this.secretKey().serialize(),
      signature: this.#signature,
      timestamp: this.#timestamp,
      version: VERSION,
      seed: this.secretKey().raw().seed,
    })
  }
}
