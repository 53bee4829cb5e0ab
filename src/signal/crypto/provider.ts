import type { Bytes } from '../bytes.ts'

/** A raw Curve25519 key pair (32-byte clamped private key, 32-byte u-coordinate). */
export type RawKeyPair = { readonly privateKey: Bytes; readonly publicKey: Bytes }

export type RatchetStep = { readonly received: Bytes; readonly pair: RawKeyPair; readonly sent: Bytes }

/** A Kyber-1024 secret key: 3168 bytes, and the 64-byte seed that it was made from where that is known. */
export type KemSecret = { readonly key: Bytes; readonly seed: Bytes | undefined }

/** What encapsulation gives: a ciphertext of 1568 bytes and a secret of 32. */
export type Encapsulated = { readonly ciphertext: Bytes; readonly secret: Bytes }

/**
 * The public-key operations on the hot path. Two implementations: pure JavaScript and WebCrypto; both run the same tests.
 * Asynchronous because WebCrypto is.
 */
export type CryptoProvider = {
  readonly name: string
  /** A fresh key pair. */
  readonly generate: () => Promise<RawKeyPair>
  /** X25519; `null` for an all-zero result. */
  readonly agree: (privateKey: Uint8Array, publicKey: Uint8Array) => Promise<Bytes | null>
  /**
   * What a Diffie-Hellman ratchet step needs: the old private key with the remote key, a fresh pair, and that pair with
   * the remote key (spec §4.3). `null` for an all-zero result.
   */
  readonly ratchet: (privateKey: Uint8Array, publicKey: Uint8Array) => Promise<RatchetStep | null>
  /** XEdDSA verification (spec §1.3). */
  readonly verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => Promise<boolean>
  /** Kyber encapsulation (spec §1.5) to a key of 1568 bytes; `null` for a malformed one. */
  readonly encapsulate: (publicKey: Uint8Array) => Promise<Encapsulated | null>
  /** Kyber decapsulation of 1568 bytes; `null` for a malformed secret key. */
  readonly decapsulate: (secret: KemSecret, ciphertext: Uint8Array) => Promise<Bytes | null>
}
