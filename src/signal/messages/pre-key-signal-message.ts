import { concat, copyBytes, type Bytes } from '../bytes.ts'
import { KYBER_CIPHERTEXT_LENGTH } from '../crypto/kyber.ts'
import { signalError } from '../errors.ts'
import { PublicKey } from '../keys/ec.ts'
import { KYBER_KEY_TYPE, parseKemBytes } from '../keys/kem.ts'
import { decodeOwned, encode } from '../proto/wire.ts'
import { SignalMessage } from './signal-message.ts'
import {
  malformed,
  OLDEST_SESSION_VERSION,
  readVersion,
  SESSION_VERSION,
  tooShort,
  versionByte,
} from './versions.ts'

const OPERATION = 'PreKeySignalMessage_Deserialize'
const SCHEMA = {
  preKeyId: [1, 'uint32'],
  baseKey: [2, 'bytes', 'required'],
  identityKey: [3, 'bytes', 'required'],
  message: [4, 'bytes', 'required'],
  registrationId: [5, 'uint32'],
  signedPreKeyId: [6, 'uint32', 'required'],
  kyberPreKeyId: [7, 'uint32'],
  kyberCiphertext: [8, 'bytes'],
} as const

export type KyberPayload = {
  readonly id: number
  /** Without its type byte. */
  readonly ciphertext: Bytes
}

export type PreKeyMessageFields = {
  readonly registrationId: number
  readonly preKeyId: number | null
  readonly signedPreKeyId: number
  readonly kyber: KyberPayload | null
  readonly baseKey: PublicKey
  readonly identityKey: PublicKey
  readonly message: SignalMessage
}

const parseKyber = (
  id: number | undefined,
  ciphertext: Bytes | undefined,
  version: number
): KyberPayload | null => {
  if (id !== undefined && ciphertext !== undefined)
    return { id, ciphertext: parseKemBytes(ciphertext, KYBER_CIPHERTEXT_LENGTH, OPERATION) }
  if (id !== undefined || ciphertext !== undefined || version >= SESSION_VERSION)
    throw signalError('invalid-message', 'protobuf encoding was invalid', OPERATION)
  return null
}

/** A message that can begin a session (spec §7). */
export class PreKeySignalMessage {
  readonly #bytes: Bytes
  readonly #version: number
  readonly #fields: PreKeyMessageFields

  private constructor(bytes: Bytes, version: number, fields: PreKeyMessageFields) {
    this.#bytes = bytes
    this.#version = version
    this.#fields = fields
  }

  static _new(
    messageVersion: number,
    registrationId: number,
    preKeyId: number | null,
    signedPreKeyId: number,
    baseKey: PublicKey,
    identityKey: PublicKey,
    signalMessage: SignalMessage
  ): PreKeySignalMessage {
    const fields = { registrationId, preKeyId, signedPreKeyId, baseKey, identityKey, message: signalMessage }
    return PreKeySignalMessage.build(messageVersion, { ...fields, kyber: null })
  }

  static build(version: number, fields: PreKeyMessageFields): PreKeySignalMessage {
    const bytes = concat(
      Uint8Array.of(versionByte(version, SESSION_VERSION)),
      encode(SCHEMA, {
        preKeyId: fields.preKeyId ?? undefined,
        baseKey: fields.baseKey.serialize(),
        identityKey: fields.identityKey.serialize(),
        message: fields.message.serialize(),
        registrationId: fields.registrationId,
        signedPreKeyId: fields.signedPreKeyId,
        kyberPreKeyId: fields.kyber?.id,
        kyberCiphertext: fields.kyber
          ? concat(Uint8Array.of(KYBER_KEY_TYPE), fields.kyber.ciphertext)
          : undefined,
      })
    )
    return new PreKeySignalMessage(bytes, version, fields)
  }

  /** Throws `invalid-message`, `invalid-key`, `version-too-old` or `version-unrecognized`. */
  static deserialize(bytes: Uint8Array): PreKeySignalMessage {
    if (bytes.length === 0) throw tooShort(0, OPERATION)
    const version = readVersion(bytes[0] as number, OLDEST_SESSION_VERSION, SESSION_VERSION, OPERATION)
    const own = copyBytes(bytes)
    const parsed = decodeOwned(SCHEMA, own.subarray(1))
    if (!parsed) throw malformed(OPERATION)
    return new PreKeySignalMessage(own, version, {
      registrationId: parsed.registrationId ?? 0,
      preKeyId: parsed.preKeyId ?? null,
      signedPreKeyId: parsed.signedPreKeyId,
      kyber: parseKyber(parsed.kyberPreKeyId, parsed.kyberCiphertext, version),
      baseKey: PublicKey.deserialize(parsed.baseKey),
      identityKey: PublicKey.deserialize(parsed.identityKey),
      message: SignalMessage.deserialize(parsed.message),
    })
  }

  preKeyId(): number | null {
    return this.#fields.preKeyId
  }

  registrationId(): number {
    return this.#fields.registrationId
  }

  signedPreKeyId(): number {
    return this.#fields.signedPreKeyId
  }

  version(): number {
    return this.#version
  }

  /** All parsed fields. */
  fields(): PreKeyMessageFields {
    return this.#fields
  }

  serialize(): Bytes {
    return copyBytes(this.#bytes)
  }
}
