import { copyBytes, type Bytes } from '../bytes.ts'

/** The kinds of encrypted message (spec §13). */
export const CiphertextMessageType = { Whisper: 2, PreKey: 3, SenderKey: 7, Plaintext: 8 } as const
export type CiphertextMessageType = (typeof CiphertextMessageType)[keyof typeof CiphertextMessageType]

/** Anything that can be sent as a `CiphertextMessage`. */
export type CiphertextMessageConvertible = { asCiphertextMessage: () => CiphertextMessage }

/** Bytes to send, with their kind. */
export class CiphertextMessage {
  readonly #type: CiphertextMessageType
  readonly #bytes: Bytes

  private constructor(type: CiphertextMessageType, bytes: Bytes) {
    this.#type = type
    this.#bytes = bytes
  }

  static from(message: CiphertextMessageConvertible): CiphertextMessage {
    return message.asCiphertextMessage()
  }

  /** A message of the given kind from its serialized bytes. */
  static of(type: CiphertextMessageType, bytes: Uint8Array): CiphertextMessage {
    return new CiphertextMessage(type, copyBytes(bytes))
  }

  serialize(): Bytes {
    return copyBytes(this.#bytes)
  }

  type(): CiphertextMessageType {
    return this.#type
  }
}
