import { hmac } from '@noble/hashes/hmac.js'
import { concatBytes, utf8 } from '../lib/bytes.ts'
import { accountIdBytes, type AccountId } from './ids.ts'
import { PURPOSES } from './limits.ts'
import { sha256 } from './sha256.ts'

/** What a contact is given: 32 bytes that all contacts have, then 32 of their own. */
export const NOTIFICATION_KEY_BYTES = 64

const ZERO = Uint8Array.of(0)

/** What the key that all contacts have is made of. */
export const sharedKeyInput = (): Uint8Array<ArrayBuffer> =>
  concatBytes(utf8(PURPOSES.notificationShared), ZERO)

/** What the key of one contact is made of: whoever seals with it is that contact. */
export const contactKeyInput = (contact: AccountId): Uint8Array<ArrayBuffer> =>
  concatBytes(utf8(PURPOSES.notificationContact), ZERO, accountIdBytes(contact))

/**
 * The notification key that a contact gets of us, from our root (32 bytes): HMAC-SHA-256 over the inputs above. The service worker makes
 * the same from the root as a key that it can use and not read.
 */
export const notificationKeyFor = (root: Uint8Array, contact: AccountId): Uint8Array =>
  concatBytes(hmac(sha256, root, sharedKeyInput()), hmac(sha256, root, contactKeyInput(contact)))
