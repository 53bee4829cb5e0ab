import type { Aci } from '../address/service-id.ts'
import { ProtocolAddress } from '../address/protocol-address.ts'
import { copyBytes, type Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import type { PublicKey } from '../keys/ec.ts'
import { CiphertextMessageType } from '../messages/ciphertext-message.ts'
import { PreKeySignalMessage } from '../messages/pre-key-signal-message.ts'
import { SignalMessage } from '../messages/signal-message.ts'
import { malformed } from '../messages/versions.ts'
import { resolveOptions, type SignalOptions } from '../options.ts'
import { signalDecrypt } from '../session/decrypt.ts'
import { signalDecryptPreKey } from '../session/decrypt-pre-key.ts'
import type {
  IdentityKeyStore,
  KyberPreKeyStore,
  PreKeyStore,
  SessionStore,
  SignedPreKeyStore,
} from '../stores/stores.ts'
import { requireValid, type SenderCertificate } from './certificates.ts'
import { unsealError, UnidentifiedSenderMessageContent } from './content.ts'
import { senderAddress } from './encrypt.ts'
import { openV1 } from './v1.ts'
import { openV2 } from './v2.ts'

const V1 = 1
const V2 = 2

/**
 * Opens a sealed message of either version (spec §10.3, §10.4). The certificate is **not** validated yet. Throws
 * `invalid-message`, `version-unrecognized`, `invalid-key` or `undecryptable`.
 */
export const sealedSenderDecryptToUsmc = async (
  message: Uint8Array,
  identityStore: IdentityKeyStore,
  options?: SignalOptions
): Promise<UnidentifiedSenderMessageContent> => {
  const operation = 'SealedSender_DecryptToUsmc'
  const first = message[0]
  if (first === undefined)
    throw signalError('invalid-message', 'invalid sealed sender message: Message was empty', operation)
  const version = first >> 4
  if (version > V2)
    throw signalError('version-unrecognized', `unknown sealed sender message version ${version}`, operation)
  const { provider } = resolveOptions(options)
  const recipient = await identityStore.getIdentityKeyPair()
  const open = version <= V1 ? openV1 : openV2
  const opened = await open(message.subarray(1), recipient, provider)
  if (opened === 'malformed') throw malformed(operation)
  if (opened === null) throw unsealError(operation)
  const content = UnidentifiedSenderMessageContent.deserialize(opened.content)
  if (!(await opened.isSealedBy(content.senderCertificate().key()))) throw unsealError(operation)
  return content
}

/** A decrypted sealed message and who sent it. */
export class SealedSenderDecryptionResult {
  readonly #message: Bytes
  readonly #sender: SenderCertificate

  private constructor(message: Bytes, sender: SenderCertificate) {
    this.#message = message
    this.#sender = sender
  }

  static of(message: Bytes, sender: SenderCertificate): SealedSenderDecryptionResult {
    return new SealedSenderDecryptionResult(message, sender)
  }

  message(): Bytes {
    return copyBytes(this.#message)
  }

  senderE164(): string | null {
    return this.#sender.senderE164()
  }

  senderUuid(): string {
    return this.#sender.senderUuid()
  }

  senderAci(): Aci | null {
    return this.#sender.senderAci()
  }

  deviceId(): number {
    return this.#sender.senderDeviceId()
  }
}

/**
 * Opens a sealed message, validates its certificate at `timestamp` (ms) and decrypts what is inside. Throws what its
 * parts throw, `invalid-certificate`, and `self-send` for our own uuid and device (spec §10.4).
 */
export const sealedSenderDecryptMessage = async (
  message: Uint8Array,
  trustRoot: PublicKey,
  timestamp: number,
  localE164: string | null,
  localUuid: string,
  localDeviceId: number,
  sessionStore: SessionStore,
  identityStore: IdentityKeyStore,
  prekeyStore: PreKeyStore,
  signedPrekeyStore: SignedPreKeyStore,
  kyberPrekeyStore: KyberPreKeyStore,
  options?: SignalOptions
): Promise<SealedSenderDecryptionResult> => {
  const operation = 'SealedSender_DecryptMessage'
  const content = await sealedSenderDecryptToUsmc(message, identityStore, options)
  const certificate = content.senderCertificate()
  requireValid(certificate, trustRoot, timestamp)
  const isOurAccount =
    certificate.senderUuid() === localUuid || (localE164 !== null && certificate.senderE164() === localE164)
  if (isOurAccount && certificate.senderDeviceId() === localDeviceId)
    throw signalError('self-send', 'self send of a sealed sender message', operation)
  const remote = senderAddress(certificate)
  const local = ProtocolAddress.new(localUuid, localDeviceId)
  const open = (): Promise<Bytes> => {
    if (content.msgType() === CiphertextMessageType.Whisper) {
      const inner = SignalMessage.deserialize(content.contents())
      return signalDecrypt(inner, remote, local, sessionStore, identityStore, options)
    }
    if (content.msgType() !== CiphertextMessageType.PreKey)
      throw signalError(
        'invalid-message',
        'invalid sealed sender message: unexpected message type',
        operation
      )
    return signalDecryptPreKey(
      PreKeySignalMessage.deserialize(content.contents()),
      remote,
      local,
      sessionStore,
      identityStore,
      prekeyStore,
      signedPrekeyStore,
      kyberPrekeyStore,
      options
    )
  }
  return SealedSenderDecryptionResult.of(await open(), certificate)
}
