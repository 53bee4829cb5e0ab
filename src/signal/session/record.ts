import { copyBytes, type Bytes } from '../bytes.ts'
import type { PublicKey } from '../keys/ec.ts'

/** The opaque record of all sessions with one remote device. */
export class SessionRecord {
  #bytes: Bytes

  private constructor(bytes: Bytes) {
    this.#bytes = bytes
  }

  static deserialize(bytes: Uint8Array): SessionRecord {
    return new SessionRecord(copyBytes(bytes))
  }

  serialize(): Bytes {
    return copyBytes(this.#bytes)
  }

  archiveCurrentState(): void {
    this.#bytes = new Uint8Array(0)
  }

  localRegistrationId(): number {
    return 0
  }

  remoteRegistrationId(): number {
    return 0
  }

  hasCurrentState(_now?: Date): boolean {
    return false
  }

  currentRatchetKeyMatches(_key: PublicKey): boolean {
    return false
  }
}
