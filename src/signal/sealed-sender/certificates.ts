import { parseServiceId, Aci } from '../address/service-id.ts'
import { formatUuid, parseUuid } from '../address/uuid.ts'
import { copyBytes, type Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import { PublicKey, type PrivateKey } from '../keys/ec.ts'
import { malformed } from '../messages/versions.ts'
import { decode, encode } from '../proto/wire.ts'

// spec §10.1: the id of a server certificate that only tests use.
const REVOKED_SERVER_IDS: readonly number[] = [0xdeadc357]
const UUID_LENGTH = 16
const SIGNED = { certificate: [1, 'bytes', 'required'], signature: [2, 'bytes', 'required'] } as const
const SERVER = { id: [1, 'uint32', 'required'], key: [2, 'bytes', 'required'] } as const
const SENDER = {
  senderE164: [1, 'string'],
  senderDevice: [2, 'uint32', 'required'],
  expires: [3, 'fixed64', 'required'],
  identityKey: [4, 'bytes', 'required'],
  // One named only by its id would have to be known out of band; this library ships none (see README).
  signer: [5, 'bytes', 'required'],
  senderUuidString: [6, 'string'],
  senderUuidBytes: [7, 'bytes'],
  signerId: [8, 'uint32'],
} as const

type Signed = { readonly bytes: Bytes; readonly certificate: Bytes; readonly signature: Bytes }

const parseSigned = (bytes: Uint8Array, operation: string): Signed => {
  const parsed = decode(SIGNED, bytes)
  if (!parsed) throw malformed(operation)
  return { ...parsed, bytes: copyBytes(bytes) }
}

const makeSigned = (certificate: Bytes, signer: PrivateKey): Signed => {
  const signature = signer.sign(certificate)
  return { bytes: encode(SIGNED, { certificate, signature }), certificate, signature }
}

/** A server's key, signed by a trust root (spec §10.1). */
export class ServerCertificate {
  readonly #signed: Signed
  readonly #keyId: number
  readonly #key: PublicKey

  private constructor(signed: Signed, keyId: number, key: PublicKey) {
    this.#signed = signed
    this.#keyId = keyId
    this.#key = key
  }

  static new(keyId: number, serverKey: PublicKey, trustRoot: PrivateKey): ServerCertificate {
    const certificate = encode(SERVER, { id: keyId, key: serverKey.serialize() })
    return new ServerCertificate(makeSigned(certificate, trustRoot), keyId, serverKey)
  }

  /** Throws `invalid-message` or `invalid-key`; the signature isn't checked yet. */
  static deserialize(bytes: Uint8Array): ServerCertificate {
    const operation = 'ServerCertificate_Deserialize'
    const signed = parseSigned(bytes, operation)
    const parsed = decode(SERVER, signed.certificate)
    if (!parsed) throw malformed(operation)
    return new ServerCertificate(signed, parsed.id, PublicKey.deserialize(parsed.key))
  }

  certificateData(): Bytes {
    return copyBytes(this.#signed.certificate)
  }

  key(): PublicKey {
    return this.#key
  }

  keyId(): number {
    return this.#keyId
  }

  serialize(): Bytes {
    return copyBytes(this.#signed.bytes)
  }

  signature(): Bytes {
    return copyBytes(this.#signed.signature)
  }

  /** Whether one of the roots has signed it (all are tried, so that the time doesn't tell) and it isn't revoked. */
  isSignedBy(trustRoots: readonly PublicKey[]): boolean {
    let found = false
    for (const root of trustRoots)
      if (root.verify(this.#signed.certificate, this.#signed.signature)) found = true
    return found && !REVOKED_SERVER_IDS.includes(this.#keyId)
  }
}

type SenderFields = {
  readonly uuid: string
  readonly e164: string | null
  readonly deviceId: number
  readonly expiration: number
  readonly key: PublicKey
  readonly signer: ServerCertificate
}

const parseSender = (certificate: Bytes): SenderFields => {
  const operation = 'SenderCertificate_Deserialize'
  const parsed = decode(SENDER, certificate)
  const uuidBytes = parsed?.senderUuidBytes
  const uuid = parsed?.senderUuidString ?? (uuidBytes && formatUuid(uuidBytes))
  if (!parsed || uuid === undefined || (uuidBytes && uuidBytes.length !== UUID_LENGTH))
    throw malformed(operation)
  return {
    uuid,
    e164: parsed.senderE164 ?? null,
    deviceId: parsed.senderDevice,
    expiration: parsed.expires,
    key: PublicKey.deserialize(parsed.identityKey),
    signer: ServerCertificate.deserialize(parsed.signer),
  }
}

/** A sender's identity, signed by a server for a limited time (spec §10.1). */
export class SenderCertificate {
  readonly #signed: Signed
  readonly #fields: SenderFields

  private constructor(signed: Signed, fields: SenderFields) {
    this.#signed = signed
    this.#fields = fields
  }

  /** `expiration` in milliseconds since 1970. */
  static new(
    senderUuid: string | Aci,
    senderE164: string | null,
    senderDeviceId: number,
    senderKey: PublicKey,
    expiration: number,
    signerCert: ServerCertificate,
    signerKey: PrivateKey
  ): SenderCertificate {
    const uuid = typeof senderUuid === 'string' ? senderUuid : senderUuid.getServiceIdString()
    const uuidBytes = parseUuid(uuid)
    const certificate = encode(SENDER, {
      senderE164: senderE164 ?? undefined,
      senderDevice: senderDeviceId,
      expires: expiration,
      identityKey: senderKey.serialize(),
      signer: signerCert.serialize(),
      senderUuidString: uuidBytes ? undefined : uuid,
      senderUuidBytes: uuidBytes ?? undefined,
    })
    const fields = {
      uuid,
      e164: senderE164,
      deviceId: senderDeviceId,
      expiration,
      key: senderKey,
      signer: signerCert,
    }
    return new SenderCertificate(makeSigned(certificate, signerKey), fields)
  }

  /** Throws `invalid-message` or `invalid-key`; nothing is validated yet. */
  static deserialize(bytes: Uint8Array): SenderCertificate {
    const signed = parseSigned(bytes, 'SenderCertificate_Deserialize')
    return new SenderCertificate(signed, parseSender(signed.certificate))
  }

  serialize(): Bytes {
    return copyBytes(this.#signed.bytes)
  }

  certificate(): Bytes {
    return copyBytes(this.#signed.certificate)
  }

  expiration(): number {
    return this.#fields.expiration
  }

  key(): PublicKey {
    return this.#fields.key
  }

  senderE164(): string | null {
    return this.#fields.e164
  }

  senderUuid(): string {
    return this.#fields.uuid
  }

  senderAci(): Aci | null {
    const id = parseServiceId(this.#fields.uuid)
    return id instanceof Aci ? id : null
  }

  senderDeviceId(): number {
    return this.#fields.deviceId
  }

  serverCertificate(): ServerCertificate {
    return this.#fields.signer
  }

  signature(): Bytes {
    return copyBytes(this.#signed.signature)
  }

  /** Whether root → server → sender holds and `time` (ms) isn't after the expiration. */
  validate(trustRoot: PublicKey, time: number): boolean {
    return this.validateWithTrustRoots([trustRoot], time)
  }

  /** As `validate`, with several roots of which one must have signed. */
  validateWithTrustRoots(trustRoots: PublicKey[], time: number): boolean {
    const signer = this.#fields.signer
    return (
      signer.isSignedBy(trustRoots) &&
      signer.key().verify(this.#signed.certificate, this.#signed.signature) &&
      time <= this.#fields.expiration
    )
  }
}

/** Throws `invalid-certificate` unless the certificate is valid. */
export const requireValid = (certificate: SenderCertificate, trustRoot: PublicKey, time: number): void => {
  if (!certificate.validate(trustRoot, time))
    throw signalError(
      'invalid-certificate',
      'invalid sealed sender message: trust root validation failed',
      'SealedSender_DecryptMessage'
    )
}
