import type { Bytes } from '../bytes.ts'
import { hkdfSha256 } from './kdf.ts'

/** HKDF-SHA-256 with libsignal-client's argument order; `null` salt means zeros. */
export const hkdf = (
  outputLength: number,
  keyMaterial: Uint8Array,
  label: Uint8Array,
  salt: Uint8Array | null
): Bytes => hkdfSha256(salt, keyMaterial, label, outputLength)
