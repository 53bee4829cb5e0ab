import { concat, copyBytes, equalBytes, type Bytes } from '../bytes.ts'
import { hmac } from '../crypto/kdf.ts'
import { PublicKey } from '../keys/ec.ts'
import { decodeOwned, encode } from '../proto/wire.ts'
import {
  malformed,
  OLDEST_SESSION_VERSION,
  readVersion,
  SESSION_VERSION,
  tooShort,
  versionByte,
} from './versions.ts'

/** Length of the truncated MAC at the end (spec §6). */
export const MESSAGE_MAC_LENGTH = 8
const OPERATION = 'SignalMessage_Deserialize'
const SCHEMA = {
  ratchetKey: [1, 'bytes', 'required'],
  counter: [2, 'uint32', 'required'],
  previousCounter: [3, 'uint32'],
  ciphertext: [4, 'bytes', 'required'],
  pqRatchet: [5, 'bytes'],
  addresses: [6, 'bytes'],
} as const

export type SignalMessageFields = {
  readonly ratchetKey: PublicKey
  readonly counter: number
  readonly previousCounter: number
  readonly ciphertext: Bytes
  readonly pqRatchet: Bytes
  readonly addresses: Bytes | undefined
}

const messageMac = (macKey: Uint8Array, sender: PublicKey, receiver: PublicKey, body: Uint8Array): Bytes =>
  hmac(macKey, sender.serialize(), receiver.serialize(), body).subarray(0, MESSAGE_MAC_LENGTH)

/** A message within a session (spec §6). */
export class SignalMessage {
  readonly #bytes: Bytes
  readonly #version: number
  readonly #fields: SignalMessageFields

  private constructor(bytes: Bytes, version: number, fields: SignalMessageFields) {
    this.#bytes = bytes
    this.#version = version
    this.#fields = fields
  }

  static _new(
    messageVersion: number,
    macKey: Uint8Array,
    senderRatchetKey: PublicKey,
    counter: number,
    previousCounter: number,
    ciphertext: Uint8Array,
    senderIdentityKey: PublicKey,
    receiverIdentityKey: PublicKey,
    pqRatchet: Uint8Array
  ): SignalMessage {
    const fields = {
      ratchetKey: senderRatchetKey,
      counter,
      previousCounter,
      ciphertext: copyBytes(ciphertext),
      pqRatchet: copyBytes(pqRatchet),
      addresses: undefined,
    }
    return SignalMessage.build(messageVersion, fields, macKey, senderIdentityKey, receiverIdentityKey)
  }

  /** Encodes and authenticates a message. */
  static build(
    version: number,
    fields: SignalMessageFields,
    macKey: Uint8Array,
    sender: PublicKey,
    receiver: PublicKey
  ): SignalMessage {
    const body = concat(
      Uint8Array.of(versionByte(version, SESSION_VERSION)),
      encode(SCHEMA, {
        ...fields,
        ratchetKey: fields.ratchetKey.serialize(),
        pqRatchet: fields.pqRatchet.length > 0 ? fields.pqRatchet : undefined,
      })
    )
    return new SignalMessage(concat(body, messageMac(macKey, sender, receiver, body)), version, fields)
  }

  /** Throws `invalid-message`, `invalid-key`, `version-too-old` or `version-unrecognized`. */
  static deserialize(bytes: Uint8Array): SignalMessage {
    if (bytes.length < MESSAGE_MAC_LENGTH + 1) throw tooShort(bytes.length, OPERATION)
    const version = readVersion(bytes[0] as number, OLDEST_SESSION_VERSION, SESSION_VERSION, OPERATION)
    const own = copyBytes(bytes)
    const parsed = decodeOwned(SCHEMA, own.subarray(1, own.length - MESSAGE_MAC_LENGTH))
    if (!parsed) throw malformed(OPERATION)
    return new SignalMessage(own, version, {
      ...parsed,
      ratchetKey: PublicKey.deserialize(parsed.ratchetKey),
      previousCounter: parsed.previousCounter ?? 0,
      pqRatchet: parsed.pqRatchet ?? new Uint8Array(0),
    })
  }

  /** Whether the MAC over the received bytes is right, in constant time. */
  verifyMac(macKey: Uint8Array, sender: PublicKey, receiver: PublicKey): boolean {
    const end = this.#bytes.length - MESSAGE_MAC_LENGTH
    return equalBytes(
      messageMac(macKey, sender, receiver, this.#bytes.subarray(0, end)),
      this.#bytes.subarray(end)
    )
  }

  body(): Bytes {
    return copyBytes(this.#fields.ciphertext)
  }

  pqRatchet(): Bytes {
    return copyBytes(this.#fields.pqRatchet)
  }

  counter(): number {
    return this.#fields.counter
  }

  messageVersion(): number {
    return this.#version
  }

  /** The sender's ratchet key. */
  senderRatchetKey(): PublicKey {
    return this.#fields.ratchetKey
  }

  /** The addresses field as received (spec §6), if any. */
  addresses(): Bytes | undefined {
    return this.#fields.addresses
  }

  serialize(): Bytes {
    return copyBytes(this.#bytes)
  }
}
