/**
 * What a notification shows of a message, sealed by its sender for the recipient's service worker:
 *
 *   nonce(12) ‖ AES-256-GCM(shared key, sender's account id(16) ‖ nonce(12) ‖ AES-256-GCM(contact's key, padded Preview))
 *
 * The outer layer hides from the relay who writes; the inner one is the proof of it, and keeps other contacts from reading. All previews
 * have one length.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { concatBytes, own, utf8 } from '../lib/bytes.ts'
import { PreviewSchema } from './gen/content_pb.js'
import {
  accountIdBytes,
  accountIdFromBytes,
  idBytes,
  messageIdFromBytes,
  type AccountId,
  type MessageId,
} from './ids.ts'
import { LIMITS, PURPOSES } from './limits.ts'
import { NOTHING_UNKNOWN } from './nothing-unknown.ts'
import { contactKeyInput, NOTIFICATION_KEY_BYTES, sharedKeyInput } from './notification-key.ts'
import { unpad } from './padding.ts'

export interface Preview {
  readonly messageId: MessageId
  /** How the sender calls themselves. */
  readonly name: string
  /** The beginning of the text. */
  readonly text: string
}

export interface OpenedPreview extends Preview {
  readonly sender: AccountId
}

const NONCE = 12
const TAG = 16
const ID = 16
/** Name and text at their longest, and their frame. */
const PADDED = 1_536
const SEALED = NONCE + ID + NONCE + PADDED + TAG + TAG
const TEXT_BYTES = 1_024
const ALGORITHM = 'AES-GCM'

const aad = utf8(PURPOSES.preview)

const keyOf = (bytes: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', own(bytes), ALGORITHM, false, ['encrypt', 'decrypt'])

const seal = async (key: Uint8Array, plain: Uint8Array): Promise<Uint8Array> => {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE))
  const params = { name: ALGORITHM, iv, additionalData: aad }
  const sealed = await crypto.subtle.encrypt(params, await keyOf(key), own(plain))
  return concatBytes(iv, new Uint8Array(sealed))
}

const open = async (key: Uint8Array, sealed: Uint8Array): Promise<Uint8Array> => {
  const params = { name: ALGORITHM, iv: own(sealed.subarray(0, NONCE)), additionalData: aad }
  const plain = await crypto.subtle.decrypt(params, await keyOf(key), own(sealed.subarray(NONCE)))
  return new Uint8Array(plain)
}

/** Seals a preview under the notification key (64 bytes) that the recipient gave us. A long text is cut. */
export const sealPreview = async (
  key: Uint8Array,
  sender: AccountId,
  { messageId, name, text }: Preview
): Promise<Uint8Array> => {
  if (key.length !== NOTIFICATION_KEY_BYTES) throw new Error('a notification key has 64 bytes')
  const message = create(PreviewSchema, { messageId: idBytes(messageId), name, text: beginningOf(text) })
  const padded = new Uint8Array(PADDED)
  const plain = toBinary(PreviewSchema, message)
  padded.set(plain)
  padded[plain.length] = 0x80
  const inner = await seal(key.subarray(32), padded)
  return seal(key.subarray(0, 32), concatBytes(accountIdBytes(sender), inner))
}

/** Of a text as much as a notification shows, in whole characters. */
const beginningOf = (text: string): string => {
  let beginning = text.slice(0, TEXT_BYTES)
  while (utf8(beginning).length > TEXT_BYTES) beginning = beginning.slice(0, -1)
  // Half of a pair is no character.
  return beginning.toWellFormed() === beginning ? beginning : beginning.slice(0, -1)
}

/**
 * Opens a preview with the root as a key that only signs (HMAC-SHA-256, non-extractable). Undefined for whatever is not sealed as it must be:
 * its sender is a contact of ours, or it does not open.
 */
export const openPreview = async (
  root: CryptoKey,
  sealed: Uint8Array
): Promise<OpenedPreview | undefined> => {
  if (sealed.length !== SEALED) return undefined
  const derive = async (input: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
    new Uint8Array(await crypto.subtle.sign('HMAC', root, input))
  try {
    const outer = await open(await derive(sharedKeyInput()), sealed)
    const sender = accountIdFromBytes(outer.subarray(0, ID))
    if (!sender) return undefined
    const plain = unpad(await open(await derive(contactKeyInput(sender)), outer.subarray(ID)))
    if (!plain) return undefined
    const { messageId, name, text } = fromBinary(PreviewSchema, plain, NOTHING_UNKNOWN)
    const id = messageIdFromBytes(messageId)
    const isShort = utf8(name).length <= LIMITS.nameBytes && utf8(text).length <= TEXT_BYTES
    return id && isShort ? { sender, messageId: id, name, text } : undefined
  } catch {
    return undefined
  }
}

/** The root as the service worker gets it: it can use it and not read it. */
export const importRoot = (root: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', own(root), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
