import type { Bytes } from '../bytes.ts'

/** A raw Curve25519 key pair (32-byte clamped private key, 32-byte u-coordinate). */
export type RawKeyPair = { readonly privateKey: Bytes; readonly publicKey: Bytes }

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
  /** XEdDSA verification (spec §1.3). */
  readonly verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => Promise<boolean>
}
