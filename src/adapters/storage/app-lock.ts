import { argon2idAsync } from '@noble/hashes/argon2.js'
import { own } from '../../lib/bytes.ts'

/**
 * Argon2id as OWASP's cheat sheet of password storage asks for at least: 19 MiB and two passes, one lane. In JavaScript that is about half a
 * second on a laptop and some two on a phone, once per unlocking, in the worker. What was used is kept with the lock, so that it can grow.
 */
const COST = { memory: 19_456, passes: 2 } as const
const SALT = 16
const IV = 12

/** How the key of a passphrase is made. `memory` in KiB. */
export interface LockParameters {
  readonly salt: Uint8Array
  readonly memory: number
  readonly passes: number
}

/** Bounds on what is read back, so that a tampered entry cannot ask for all memory. */
export const isLockParameters = (value: unknown): value is LockParameters =>
  typeof value === 'object' &&
  value !== null &&
  'salt' in value &&
  value.salt instanceof Uint8Array &&
  'memory' in value &&
  Number.isInteger(value.memory) &&
  Number(value.memory) >= 8 &&
  Number(value.memory) <= 1 << 20 &&
  'passes' in value &&
  Number.isInteger(value.passes) &&
  Number(value.passes) >= 1 &&
  Number(value.passes) <= 16

/** New parameters, with a salt of their own. */
export const newLock = (): LockParameters => ({
  salt: crypto.getRandomValues(new Uint8Array(SALT)),
  ...COST,
})

const keyOf = async (passphrase: string, lock: LockParameters): Promise<CryptoKey> => {
  // The same words typed on another keyboard are the same bytes.
  const words = new TextEncoder().encode(passphrase.normalize('NFKC'))
  const bytes = await argon2idAsync(words, lock.salt, { t: lock.passes, m: lock.memory, p: 1, dkLen: 32 })
  const key = await crypto.subtle.importKey('raw', own(bytes), 'AES-GCM', false, ['encrypt', 'decrypt'])
  bytes.fill(0)
  return key
}

/** Wraps a key: nonce, then ciphertext and tag. */
export const wrapWithPassphrase = async (
  raw: Uint8Array,
  passphrase: string,
  lock: LockParameters
): Promise<Uint8Array> => {
  const iv = crypto.getRandomValues(new Uint8Array(IV))
  const key = await keyOf(passphrase, lock)
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, own(raw)))
  return new Uint8Array([...iv, ...sealed])
}

/** The key again; undefined when the passphrase is another. */
export const unwrapWithPassphrase = async (
  wrapped: Uint8Array,
  passphrase: string,
  lock: LockParameters
): Promise<Uint8Array | undefined> => {
  const key = await keyOf(passphrase, lock)
  try {
    const algorithm = { name: 'AES-GCM', iv: own(wrapped.subarray(0, IV)) }
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, own(wrapped.subarray(IV))))
  } catch {
    return undefined
  }
}
