import type { Bytes } from '../bytes.ts'

/** A raw Curve25519 key pair (32-byte clamped private key, 32-byte u-coordinate). */
export type RawKeyPair = { readonly privateKey: Bytes; readonly publicKey: Bytes }

export type RatchetStep = { readonly received: Bytes; readonly pair: RawKeyPair; readonly sent: Bytes }

/**
 * The curve operations on the hot path. Two implementations: pure JavaScript and WebCrypto; both run the same
 * tests. Asynchronous because WebCrypto is.
 */
export type CurveProvider = {
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
}
