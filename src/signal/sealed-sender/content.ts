import { copyBytes, type Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import { CiphertextMessageType, type CiphertextMessage } from '../messages/ciphertext-message.ts'
import { malformed } from '../messages/versions.ts'
import { decode, encode } from '../proto/wire.ts'
import { SenderCertificate } from './certificates.ts'

/** What a receiver should do when it can't decrypt (spec §10.2). */
export const ContentHint = { Default: 0, Resendable: 1, Implicit: 2 } as const
export type ContentHint = (typeof ContentHint)[keyof typeof ContentHint]

const SCHEMA = {
  type: [1, 'uint32', 'required'],
  senderCertificate: [2, 'bytes', 'required'],
  content: [3, 'bytes', 'required'],
  contentHint: [4, 'uint32'],
  groupId: [5, 'bytes'],
} as const
// On this wire a prekey message has another number than elsewhere.
const WIRE_PRE_KEY = 1
const OPERATION = 'UnidentifiedSenderMessageContent_Deserialize'

const fromWireType = (type: number): CiphertextMessageType => {
  if (type === WIRE_PRE_KEY) return CiphertextMessageType.PreKey
  if (
    type === CiphertextMessageType.Whisper ||
    type === CiphertextMessageType.SenderKey ||
    type === CiphertextMessageType.Plaintext
  )
    return type
  throw malformed(OPERATION)
}

type Fields = {
  readonly type: CiphertextMessageType
  readonly certificate: SenderCertificate
  readonly contents: Bytes
  readonly hint: number
  readonly groupId: Bytes | null
}

/** What lies inside a sealed message: a ciphertext and who it is from (spec §10.2). */
export class UnidentifiedSenderMessageContent {
  readonly #bytes: Bytes
  readonly #fields: Fields

  private constructor(bytes: Bytes, fields: Fields) {
    this.#bytes = bytes
    this.#fields = fields
  }

  static new(
    message: CiphertextMessage,
    sender: SenderCertificate,
    contentHint: number,
    groupId: Uint8Array | null
  ): UnidentifiedSenderMessageContent {
    const type = message.type()
    const group = groupId && groupId.length > 0 ? copyBytes(groupId) : null
    const bytes = encode(SCHEMA, {
      type: type === CiphertextMessageType.PreKey ? WIRE_PRE_KEY : type,
      senderCertificate: sender.serialize(),
      content: message.serialize(),
      contentHint: contentHint === ContentHint.Default ? undefined : contentHint,
      groupId: group ?? undefined,
    })
    const fields = {
      type,
      certificate: sender,
      contents: message.serialize(),
      hint: contentHint,
      groupId: group,
    }
    return new UnidentifiedSenderMessageContent(bytes, fields)
  }

  /** Throws `invalid-message` or `invalid-key`; the certificate isn't validated. */
  static deserialize(bytes: Uint8Array): UnidentifiedSenderMessageContent {
    const parsed = decode(SCHEMA, bytes)
    if (!parsed) throw malformed(OPERATION)
    return new UnidentifiedSenderMessageContent(copyBytes(bytes), {
      type: fromWireType(parsed.type),
      certificate: SenderCertificate.deserialize(parsed.senderCertificate),
      contents: parsed.content,
      hint: parsed.contentHint ?? ContentHint.Default,
      groupId: parsed.groupId ?? null,
    })
  }

  serialize(): Bytes {
    return copyBytes(this.#bytes)
  }

  contents(): Bytes {
    return copyBytes(this.#fields.contents)
  }

  msgType(): CiphertextMessageType {
    return this.#fields.type
  }

  senderCertificate(): SenderCertificate {
    return this.#fields.certificate
  }

  contentHint(): number {
    return this.#fields.hint
  }

  groupId(): Bytes | null {
    return this.#fields.groupId && copyBytes(this.#fields.groupId)
  }
}

/** The error for a sealed message that can't be opened; it doesn't say why (spec §15). */
export const unsealError = (operation: string): Error =>
  signalError('undecryptable', 'invalid sealed sender message: failed to decrypt', operation)
