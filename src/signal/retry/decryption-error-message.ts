import { copyBytes, type Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import { PublicKey } from '../keys/ec.ts'
import { CiphertextMessageType } from '../messages/ciphertext-message.ts'
import { PreKeySignalMessage } from '../messages/pre-key-signal-message.ts'
import { SignalMessage } from '../messages/signal-message.ts'
import { malformed } from '../messages/versions.ts'
import { decode, encode } from '../proto/wire.ts'

const SCHEMA = {
  ratchetKey: [1, 'bytes'],
  timestamp: [2, 'uint64', 'required'],
  deviceId: [3, 'uint32'],
} as const
/** Content of a `PlaintextContent` (spec §12). */
export const PLAINTEXT_SCHEMA = { decryptionError: [8, 'bytes', 'required'] } as const
/** The byte that ends the content before any padding. */
export const PADDING_BOUNDARY = 0x80

const ratchetKeyOf = (bytes: Uint8Array, type: CiphertextMessageType): PublicKey | undefined => {
  if (type === CiphertextMessageType.Whisper) return SignalMessage.deserialize(bytes).senderRatchetKey()
  if (type === CiphertextMessageType.PreKey)
    return PreKeySignalMessage.deserialize(bytes).fields().message.senderRatchetKey()
  if (type === CiphertextMessageType.SenderKey) return undefined
  throw signalError(
    'invalid-argument',
    'invalid argument: cannot create a DecryptionErrorMessage for this kind of content; it is not encrypted',
    'DecryptionErrorMessage_ForOriginalMessage'
  )
}

/** Tells a sender that a message of theirs couldn't be decrypted (spec §12). */
export class DecryptionErrorMessage {
  readonly #bytes: Bytes
  readonly #ratchetKey: PublicKey | undefined
  readonly #timestamp: number
  readonly #deviceId: number

  private constructor(bytes: Bytes, ratchetKey: PublicKey | undefined, timestamp: number, deviceId: number) {
    this.#bytes = bytes
    this.#ratchetKey = ratchetKey
    this.#timestamp = timestamp
    this.#deviceId = deviceId
  }

  /** `bytes` is the message that failed, `timestamp` its time (ms), the id its sender's device. */
  static forOriginal(
    bytes: Uint8Array,
    type: CiphertextMessageType,
    timestamp: number,
    originalSenderDeviceId: number
  ): DecryptionErrorMessage {
    const ratchetKey = ratchetKeyOf(bytes, type)
    const encoded = encode(SCHEMA, {
      ratchetKey: ratchetKey?.serialize(),
      timestamp,
      deviceId: originalSenderDeviceId,
    })
    return new DecryptionErrorMessage(encoded, ratchetKey, timestamp, originalSenderDeviceId)
  }

  /** Throws `invalid-message` or `invalid-key`. */
  static deserialize(bytes: Uint8Array): DecryptionErrorMessage {
    const parsed = decode(SCHEMA, bytes)
    if (!parsed) throw malformed('DecryptionErrorMessage_Deserialize')
    const key = parsed.ratchetKey ? PublicKey.deserialize(parsed.ratchetKey) : undefined
    return new DecryptionErrorMessage(copyBytes(bytes), key, parsed.timestamp, parsed.deviceId ?? 0)
  }

  /** From the body of a `PlaintextContent`, padded or not. Throws `invalid-message`. */
  static extractFromSerializedBody(body: Uint8Array): DecryptionErrorMessage {
    const operation = 'DecryptionErrorMessage_ExtractFromSerializedContent'
    let end = body.length
    while (end > 0 && body[end - 1] === 0) end--
    if (body[end - 1] !== PADDING_BOUNDARY) throw malformed(operation)
    const content = decode(PLAINTEXT_SCHEMA, body.subarray(0, end - 1))
    if (!content) throw malformed(operation)
    return DecryptionErrorMessage.deserialize(content.decryptionError)
  }

  serialize(): Bytes {
    return copyBytes(this.#bytes)
  }

  timestamp(): number {
    return this.#timestamp
  }

  deviceId(): number {
    return this.#deviceId
  }

  /** The ratchet key of the message that failed; absent for sender-key messages. */
  ratchetKey(): PublicKey | undefined {
    return this.#ratchetKey
  }
}
