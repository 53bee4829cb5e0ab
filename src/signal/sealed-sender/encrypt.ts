import { ProtocolAddress } from '../address/protocol-address.ts'
import type { Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import type { PublicKey } from '../keys/ec.ts'
import { resolveOptions, type SignalOptions } from '../options.ts'
import { signalEncrypt } from '../session/encrypt.ts'
import type { IdentityKeyStore, SessionStore } from '../stores/stores.ts'
import type { SenderCertificate } from './certificates.ts'
import { ContentHint, UnidentifiedSenderMessageContent } from './content.ts'
import { sealV1 } from './v1.ts'

/** The stored identity of a recipient; throws `session-not-found` when there is none. */
export const recipientIdentity = async (
  address: ProtocolAddress,
  identityStore: IdentityKeyStore,
  operation: string
): Promise<PublicKey> => {
  const identity = await identityStore.getIdentity(address)
  if (identity) return identity
  throw signalError(
    'session-not-found',
    `session with ${address.toString()} not found`,
    operation,
    address.name()
  )
}

/** Seals `content` for one device (spec §10.3); its identity must be in the store. */
export const sealedSenderEncrypt = async (
  content: UnidentifiedSenderMessageContent,
  address: ProtocolAddress,
  identityStore: IdentityKeyStore,
  options?: SignalOptions
): Promise<Bytes> => {
  const recipient = await recipientIdentity(address, identityStore, 'SealedSender_Encrypt')
  const sender = await identityStore.getIdentityKeyPair()
  return sealV1(content.serialize(), sender, recipient, resolveOptions(options).provider)
}

/**
 * Encrypts with the session and seals, in one step. Our own address isn't an argument in libsignal's signature: it is
 * taken from the certificate.
 */
export const sealedSenderEncryptMessage = async (
  message: Uint8Array,
  address: ProtocolAddress,
  senderCert: SenderCertificate,
  sessionStore: SessionStore,
  identityStore: IdentityKeyStore,
  options?: SignalOptions
): Promise<Bytes> => {
  const local = senderAddress(senderCert)
  const sealed = await signalEncrypt(message, address, local, sessionStore, identityStore)
  const content = UnidentifiedSenderMessageContent.new(sealed, senderCert, ContentHint.Default, null)
  return sealedSenderEncrypt(content, address, identityStore, options)
}

/** The address that a certificate speaks for. */
export const senderAddress = (certificate: SenderCertificate): ProtocolAddress =>
  ProtocolAddress.new(certificate.senderUuid(), certificate.senderDeviceId())
