import type { ProtocolAddress } from '../address/protocol-address.ts'
import { formatUuid, parseUuid, type Uuid } from '../address/uuid.ts'
import { concat, copyBytes, type Bytes } from '../bytes.ts'
import { SIGNATURE_LENGTH } from '../crypto/xeddsa.ts'
import { signalError } from '../errors.ts'
import { PublicKey, type PrivateKey } from '../keys/ec.ts'
import { malformed, readVersion, SENDER_KEY_VERSION, tooShort, versionByte } from '../messages/versions.ts'
import { decode, encode } from '../proto/wire.ts'
import type { SenderKeyStore } from '../stores/stores.ts'
import { loadOrCreateOwnChain } from './own-chain.ts'

const UUID_LENGTH = 16
const CHAIN_KEY_LENGTH = 32
// spec §9: version byte, the 32-byte chain key and the 32-byte signing key are the least that can be there.
const MIN_DISTRIBUTION_LENGTH = 65
const DISTRIBUTION = {
  distributionId: [1, 'bytes', UUID_LENGTH],
  chainId: [2, 'uint32', 'required'],
  iteration: [3, 'uint32', 'required'],
  chainKey: [4, 'bytes', CHAIN_KEY_LENGTH],
  signingKey: [5, 'bytes', 'required'],
} as const
const MESSAGE = {
  distributionId: [1, 'bytes', UUID_LENGTH],
  chainId: [2, 'uint32', 'required'],
  iteration: [3, 'uint32', 'required'],
  ciphertext: [4, 'bytes', 'required'],
} as const

const uuidBytes = (id: Uuid, operation: string): Bytes => {
  const bytes = parseUuid(id)
  if (bytes === null) throw signalError('invalid-argument', 'invalid argument: not a UUID', operation)
  return bytes
}

type DistributionFields = {
  readonly distributionId: Uuid
  readonly chainId: number
  readonly iteration: number
  readonly chainKey: Bytes
  readonly signingKey: PublicKey
}

/** A sender's chain as its group receives it, inside a one-to-one message (spec §9). It is a secret. */
export class SenderKeyDistributionMessage {
  readonly #bytes: Bytes
  readonly #fields: DistributionFields

  private constructor(bytes: Bytes, fields: DistributionFields) {
    this.#bytes = bytes
    this.#fields = fields
  }

  /** Our chain for `distributionId` at its present place; made and persisted if there is none. */
  static async create(
    sender: ProtocolAddress,
    distributionId: Uuid,
    store: SenderKeyStore
  ): Promise<SenderKeyDistributionMessage> {
    const chain = await loadOrCreateOwnChain(sender, distributionId, store)
    const key = PublicKey.deserialize(chain.signingPublic)
    const { chainId, iteration, chainKey } = chain
    return SenderKeyDistributionMessage._new(
      SENDER_KEY_VERSION,
      distributionId,
      chainId,
      iteration,
      chainKey,
      key
    )
  }

  static _new(
    messageVersion: number,
    distributionId: Uuid,
    chainId: number,
    iteration: number,
    chainKey: Uint8Array,
    pk: PublicKey
  ): SenderKeyDistributionMessage {
    const fields = { distributionId, chainId, iteration, chainKey: copyBytes(chainKey), signingKey: pk }
    const bytes = concat(
      Uint8Array.of(versionByte(messageVersion, SENDER_KEY_VERSION)),
      encode(DISTRIBUTION, {
        ...fields,
        distributionId: uuidBytes(distributionId, 'SenderKeyDistributionMessage_New'),
        signingKey: pk.serialize(),
      })
    )
    return new SenderKeyDistributionMessage(bytes, fields)
  }

  /** Throws `invalid-message`, `invalid-key`, `version-too-old` or `version-unrecognized`. */
  static deserialize(bytes: Uint8Array): SenderKeyDistributionMessage {
    const operation = 'SenderKeyDistributionMessage_Deserialize'
    if (bytes.length < MIN_DISTRIBUTION_LENGTH) throw tooShort(bytes.length, operation)
    readVersion(bytes[0] as number, SENDER_KEY_VERSION, SENDER_KEY_VERSION, operation)
    const parsed = decode(DISTRIBUTION, bytes.subarray(1))
    if (!parsed) throw malformed(operation)
    return new SenderKeyDistributionMessage(copyBytes(bytes), {
      ...parsed,
      distributionId: formatUuid(parsed.distributionId),
      signingKey: PublicKey.deserialize(parsed.signingKey),
    })
  }

  serialize(): Bytes {
    return copyBytes(this.#bytes)
  }

  chainKey(): Bytes {
    return copyBytes(this.#fields.chainKey)
  }

  iteration(): number {
    return this.#fields.iteration
  }

  chainId(): number {
    return this.#fields.chainId
  }

  distributionId(): Uuid {
    return this.#fields.distributionId
  }

  /** The key that signs the sender's messages. */
  signingKey(): PublicKey {
    return this.#fields.signingKey
  }
}

type MessageFields = {
  readonly distributionId: Uuid
  readonly chainId: number
  readonly iteration: number
  readonly ciphertext: Bytes
}

/** A message to a group (spec §9). */
export class SenderKeyMessage {
  readonly #bytes: Bytes
  readonly #fields: MessageFields

  private constructor(bytes: Bytes, fields: MessageFields) {
    this.#bytes = bytes
    this.#fields = fields
  }

  static _new(
    messageVersion: number,
    distributionId: Uuid,
    chainId: number,
    iteration: number,
    ciphertext: Uint8Array,
    pk: PrivateKey
  ): SenderKeyMessage {
    const fields = { distributionId, chainId, iteration, ciphertext: copyBytes(ciphertext) }
    const signed = concat(
      Uint8Array.of(versionByte(messageVersion, SENDER_KEY_VERSION)),
      encode(MESSAGE, { ...fields, distributionId: uuidBytes(distributionId, 'SenderKeyMessage_New') })
    )
    return new SenderKeyMessage(concat(signed, pk.sign(signed)), fields)
  }

  /** Throws `invalid-message`, `version-too-old` or `version-unrecognized`; the signature isn't checked yet. */
  static deserialize(bytes: Uint8Array): SenderKeyMessage {
    const operation = 'SenderKeyMessage_Deserialize'
    if (bytes.length < 1 + SIGNATURE_LENGTH) throw tooShort(bytes.length, operation)
    readVersion(bytes[0] as number, SENDER_KEY_VERSION, SENDER_KEY_VERSION, operation)
    const parsed = decode(MESSAGE, bytes.subarray(1, bytes.length - SIGNATURE_LENGTH))
    if (!parsed) throw malformed(operation)
    return new SenderKeyMessage(copyBytes(bytes), {
      ...parsed,
      distributionId: formatUuid(parsed.distributionId),
    })
  }

  serialize(): Bytes {
    return copyBytes(this.#bytes)
  }

  ciphertext(): Bytes {
    return copyBytes(this.#fields.ciphertext)
  }

  iteration(): number {
    return this.#fields.iteration
  }

  chainId(): number {
    return this.#fields.chainId
  }

  distributionId(): Uuid {
    return this.#fields.distributionId
  }

  /** The signed part and its signature, as received. */
  signedParts(): { readonly signed: Bytes; readonly signature: Bytes } {
    const end = this.#bytes.length - SIGNATURE_LENGTH
    return { signed: this.#bytes.slice(0, end), signature: this.#bytes.slice(end) }
  }

  verifySignature(key: PublicKey): boolean {
    const { signed, signature } = this.signedParts()
    return key.verify(signed, signature)
  }
}
