import { concat, copyBytes, type Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import {
  CiphertextMessage,
  CiphertextMessageType,
  type CiphertextMessageConvertible,
} from '../messages/ciphertext-message.ts'
import { tooShort } from '../messages/versions.ts'
import { encode } from '../proto/wire.ts'
import {
  PADDING_BOUNDARY,
  PLAINTEXT_SCHEMA,
  type DecryptionErrorMessage,
} from './decryption-error-message.ts'

const IDENTIFIER = 0xc0
const OPERATION = 'PlaintextContent_Deserialize'

/** Content sent without a session: retry requests only (spec §12). */
export class PlaintextContent implements CiphertextMessageConvertible {
  readonly #bytes: Bytes

  private constructor(bytes: Bytes) {
    this.#bytes = bytes
  }

  /** Throws `invalid-message` or `version-unrecognized`. */
  static deserialize(bytes: Uint8Array): PlaintextContent {
    const first = bytes[0]
    if (first === undefined) throw tooShort(0, OPERATION)
    if (first !== IDENTIFIER)
      throw signalError('version-unrecognized', `unrecognized message version <${first}>`, OPERATION)
    return new PlaintextContent(copyBytes(bytes))
  }

  static from(message: DecryptionErrorMessage): PlaintextContent {
    const content = encode(PLAINTEXT_SCHEMA, { decryptionError: message.serialize() })
    return new PlaintextContent(concat(Uint8Array.of(IDENTIFIER), content, Uint8Array.of(PADDING_BOUNDARY)))
  }

  serialize(): Bytes {
    return copyBytes(this.#bytes)
  }

  /** Everything after the identifier byte, padding boundary included. */
  body(): Bytes {
    return this.#bytes.slice(1)
  }

  asCiphertextMessage(): CiphertextMessage {
    return CiphertextMessage.of(CiphertextMessageType.Plaintext, this.#bytes)
  }
}
