import { copyBytes, type Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import { parseSenderKeyStates, type SenderKeyState } from './state.ts'

/** The opaque record of one sender's chains in one distribution. */
export class SenderKeyRecord {
  readonly #bytes: Bytes

  private constructor(bytes: Bytes) {
    this.#bytes = bytes
  }

  /** Throws `invalid-record`. */
  static deserialize(bytes: Uint8Array): SenderKeyRecord {
    if (parseSenderKeyStates(bytes) === null)
      throw signalError('invalid-record', 'protobuf encoding was invalid', 'SenderKeyRecord_Deserialize')
    return new SenderKeyRecord(copyBytes(bytes))
  }

  serialize(): Bytes {
    return copyBytes(this.#bytes)
  }

  /** The chains, newest first: working copies. */
  states(): SenderKeyState[] {
    return parseSenderKeyStates(this.#bytes) as SenderKeyState[]
  }
}
