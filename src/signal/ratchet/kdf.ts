import { ascii, wipe, type Bytes } from '../bytes.ts'
import { hkdfSha256, hmacPair } from '../crypto/kdf.ts'

const KEY_LENGTH = 32
const IV_LENGTH = 16
const ROOT_INFO = ascii('WhisperRatchet')
const MESSAGE_INFO = ascii('WhisperMessageKeys')
const SEED_LABEL = Uint8Array.of(1)
const CHAIN_LABEL = Uint8Array.of(2)

/** KDF_RK of spec §4.2; wipes the shared secret. */
export const deriveRoot = (
  root: Uint8Array,
  shared: Uint8Array
): { readonly root: Bytes; readonly chain: Bytes } => {
  const out = hkdfSha256(root, shared, ROOT_INFO, 2 * KEY_LENGTH)
  const keys = { root: out.slice(0, KEY_LENGTH), chain: out.slice(KEY_LENGTH) }
  wipe(out, shared)
  return keys
}

/** One step of a message chain (spec §4.2); wipes the chain key. */
export const stepChain = (chain: Uint8Array): { readonly seed: Bytes; readonly next: Bytes } => {
  const [seed, next] = hmacPair(chain, SEED_LABEL, CHAIN_LABEL)
  const step = { seed, next }
  wipe(chain)
  return step
}

export type MessageKeys = { readonly cipher: Bytes; readonly mac: Bytes; readonly iv: Bytes }

/** Keys of one message from its seed and its SPQR key (spec §4.2); wipes both. */
export const deriveMessageKeys = (seed: Uint8Array, pqKey: Uint8Array | null): MessageKeys => {
  const out = hkdfSha256(pqKey, seed, MESSAGE_INFO, 2 * KEY_LENGTH + IV_LENGTH)
  const keys = {
    cipher: out.slice(0, KEY_LENGTH),
    mac: out.slice(KEY_LENGTH, 2 * KEY_LENGTH),
    iv: out.slice(2 * KEY_LENGTH),
  }
  wipe(out, seed, pqKey)
  return keys
}

export const wipeMessageKeys = (keys: MessageKeys): void => wipe(keys.cipher, keys.mac, keys.iv)
