import { ascii, concat, wipe, type Bytes } from '../bytes.ts'
import { hkdfSha256 } from '../crypto/kdf.ts'

const KEY_LENGTH = 32
const INFO = ascii('WhisperText_X25519_SHA-256_CRYSTALS-KYBER-1024')
const DISCONTINUITY = new Uint8Array(KEY_LENGTH).fill(0xff)

export type PqxdhKeys = { readonly rootKey: Bytes; readonly chainKey: Bytes; readonly pqKey: Bytes }

/**
 * The three keys of PQXDH (spec §3.1) from the agreements in order (three or four of 32 bytes) and the KEM's secret, all
 * of which are wiped.
 */
export const derivePqxdh = (agreements: readonly Uint8Array[], kemSecret: Uint8Array): PqxdhKeys => {
  const input = concat(DISCONTINUITY, ...agreements, kemSecret)
  const out = hkdfSha256(null, input, INFO, 3 * KEY_LENGTH)
  const keys = {
    rootKey: out.slice(0, KEY_LENGTH),
    chainKey: out.slice(KEY_LENGTH, 2 * KEY_LENGTH),
    pqKey: out.slice(2 * KEY_LENGTH),
  }
  wipe(input, out, kemSecret, ...agreements)
  return keys
}
