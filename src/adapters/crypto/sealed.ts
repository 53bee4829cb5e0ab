import type { CryptoPort, Opened } from '../../core/ports/crypto.ts'
import type { DeviceInfo } from '../../core/domain/contact.ts'
import type { CryptoError } from '../../core/domain/errors.ts'
import type { OwnAccount } from '../../core/ports/storage.ts'
import { equalBytes, toBase64Url } from '../../lib/bytes.ts'
import { err, ok, type Result } from '../../lib/result.ts'
import { accountIdOf } from '../../protocol/account.ts'
import { parseDeviceId, type AccountId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import {
  ContentHint,
  sealedSenderDecryptToUsmc,
  sealedSenderEncrypt,
  UnidentifiedSenderMessageContent,
  type CiphertextMessage,
  type SenderCertificate,
} from '../../signal/index.ts'
import { addressOf, keyBytes } from './addresses.ts'
import { senderCertificate } from './certificate.ts'
import { attempt } from './errors.ts'
import { StagedIdentities } from './staged-stores.ts'

/** The outer layer: hides from everybody but the recipient's device who has written. */
export interface SealedSender extends Pick<CryptoPort, 'open'> {
  /** Seals to the identity key that the verified list gives for the device. */
  seal(
    own: OwnAccount,
    account: AccountId,
    device: DeviceInfo,
    message: CiphertextMessage,
    hint: ContentHint
  ): Promise<Uint8Array>
}

const TYPES = { 2: 'message', 3: 'prekey', 8: 'plaintext' } as const

/** Makes the outer layer. */
export const createSealedSender = (): SealedSender => {
  /** Making a certificate costs two signatures; it stays the same as long as the device is. */
  let cached: { readonly identity: Uint8Array; readonly certificate: SenderCertificate } | undefined
  const certificateOf = (own: OwnAccount): SenderCertificate => {
    if (!cached || !equalBytes(cached.identity, own.identityPublic))
      cached = { identity: own.identityPublic, certificate: senderCertificate(own) }
    return cached.certificate
  }

  return {
    seal: (own, account, device, message, hint) => {
      const content = UnidentifiedSenderMessageContent.new(message, certificateOf(own), hint, null)
      const identities = new StagedIdentities(own, keyBytes(device.identityKey))
      return sealedSenderEncrypt(content, addressOf(account, device.id), identities)
    },

    open: async (own, body) => {
      if (body.length > LIMITS.envelopeBytes) return undecryptable
      const content = await attempt(() =>
        sealedSenderDecryptToUsmc(body, new StagedIdentities(own, own.identityPublic))
      )
      return content.ok ? openedOf(content.value) : content
    },
  }
}

const undecryptable = err({ kind: 'crypto', reason: 'undecryptable' } as const)

const openedOf = (content: UnidentifiedSenderMessageContent): Result<Opened, CryptoError> => {
  const certificate = content.senderCertificate()
  const type = TYPES[content.msgType() as keyof typeof TYPES]
  const accountKey = certificate.serverCertificate().key().serialize()
  const account = accountIdOf(accountKey)
  const device = parseDeviceId(certificate.senderDeviceId())
  // The id is the hash of the key it comes with, or the container was put together wrong.
  if (!type || !device || certificate.senderUuid().toLowerCase() !== account) return undecryptable
  const identityKey = toBase64Url(certificate.key().serialize())
  const isMessage = content.contentHint() !== ContentHint.Implicit
  return ok({ account, accountKey, device, identityKey, inner: content.contents(), type, isMessage })
}
