import { copyBytes, type Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import type { PublicKey } from '../keys/ec.ts'
import type { KEMPublicKey } from '../keys/kem.ts'

type Fields = {
  readonly registrationId: number
  readonly deviceId: number
  readonly preKeyId: number | null
  readonly preKey: PublicKey | null
  readonly signedPreKeyId: number
  readonly signedPreKey: PublicKey
  readonly signedPreKeySignature: Bytes
  readonly identityKey: PublicKey
  readonly kyberPreKeyId: number
  readonly kyberPreKey: KEMPublicKey
  readonly kyberPreKeySignature: Bytes
}

/** What a device publishes so that others can begin a session with it (spec §2). Ids may be 0. */
export class PreKeyBundle {
  readonly #fields: Fields

  private constructor(fields: Fields) {
    this.#fields = fields
  }

  /** Throws `invalid-argument` when only one of one-time prekey and its id is given. */
  static new(
    registration_id: number,
    device_id: number,
    prekey_id: number | null,
    prekey: PublicKey | null,
    signed_prekey_id: number,
    signed_prekey: PublicKey,
    signed_prekey_signature: Uint8Array,
    identity_key: PublicKey,
    kyber_prekey_id: number,
    kyber_prekey: KEMPublicKey,
    kyber_prekey_signature: Uint8Array
  ): PreKeyBundle {
    if ((prekey_id === null) !== (prekey === null))
      throw signalError(
        'invalid-argument',
        'invalid argument: Must supply both or neither of prekey and prekey_id',
        'PreKeyBundle_New'
      )
    return new PreKeyBundle({
      registrationId: registration_id,
      deviceId: device_id,
      preKeyId: prekey_id,
      preKey: prekey,
      signedPreKeyId: signed_prekey_id,
      signedPreKey: signed_prekey,
      signedPreKeySignature: copyBytes(signed_prekey_signature),
      identityKey: identity_key,
      kyberPreKeyId: kyber_prekey_id,
      kyberPreKey: kyber_prekey,
      kyberPreKeySignature: copyBytes(kyber_prekey_signature),
    })
  }

  deviceId(): number {
    return this.#fields.deviceId
  }

  identityKey(): PublicKey {
    return this.#fields.identityKey
  }

  preKeyId(): number | null {
    return this.#fields.preKeyId
  }

  preKeyPublic(): PublicKey | null {
    return this.#fields.preKey
  }

  registrationId(): number {
    return this.#fields.registrationId
  }

  signedPreKeyId(): number {
    return this.#fields.signedPreKeyId
  }

  signedPreKeyPublic(): PublicKey {
    return this.#fields.signedPreKey
  }

  signedPreKeySignature(): Bytes {
    return copyBytes(this.#fields.signedPreKeySignature)
  }

  kyberPreKeyId(): number {
    return this.#fields.kyberPreKeyId
  }

  kyberPreKeyPublic(): KEMPublicKey {
    return this.#fields.kyberPreKey
  }

  kyberPreKeySignature(): Bytes {
    return copyBytes(this.#fields.kyberPreKeySignature)
  }
}
