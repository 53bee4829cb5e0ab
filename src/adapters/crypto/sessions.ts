import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { CryptoPort, Opened, Staged } from '../../core/ports/crypto.ts'
import type { DeviceInfo } from '../../core/domain/contact.ts'
import type { OwnAccount, Store, Tx } from '../../core/ports/storage.ts'
import { equalBytes, fromBase64Url, toBase64Url } from '../../lib/bytes.ts'
import { err, ok } from '../../lib/result.ts'
import { accountIdOf } from '../../protocol/account.ts'
import { ResendRequestSchema } from '../../protocol/gen/content_pb.js'
import { parseDeviceId, type AccountId } from '../../protocol/ids.ts'
import { pad, unpad } from '../../protocol/padding.ts'
import {
  CiphertextMessage,
  CiphertextMessageType,
  ContentHint,
  DecryptionErrorMessage,
  KEMPublicKey,
  PreKeyBundle,
  PreKeySignalMessage,
  ProtocolAddress,
  PublicKey,
  SessionRecord,
  SignalMessage,
  UnidentifiedSenderMessageContent,
  processPreKeyBundle,
  sealedSenderDecryptToUsmc,
  sealedSenderEncrypt,
  signalDecrypt,
  signalDecryptPreKey,
  signalEncrypt,
  type SenderCertificate,
} from '../../signal/index.ts'
import { senderCertificate } from './certificate.ts'
import { attempt } from './errors.ts'
import { StagedIdentities, StagedPreKeys, StagedSessions } from './staged-stores.ts'

type SessionPart = Pick<
  CryptoPort,
  'hasSession' | 'startSession' | 'encrypt' | 'open' | 'decrypt' | 'sealRetryRequest' | 'acceptRetryRequest'
>
interface Deps {
  readonly store: Store
  readonly now: () => number
}

/** Key text of a device list as bytes; what is not base64url matches no key. */
const keyBytes = (text: string): Uint8Array => fromBase64Url(text) ?? new Uint8Array()

const bundleOf = (bundle: Parameters<CryptoPort['startSession']>[3]): PreKeyBundle =>
  PreKeyBundle.new(
    bundle.registrationId,
    bundle.deviceId,
    bundle.preKey?.id ?? null,
    bundle.preKey ? PublicKey.deserialize(keyBytes(bundle.preKey.publicKey)) : null,
    bundle.signedPreKey.id,
    PublicKey.deserialize(keyBytes(bundle.signedPreKey.publicKey)),
    keyBytes(bundle.signedPreKey.signature),
    PublicKey.deserialize(keyBytes(bundle.identityKey)),
    bundle.kyberPreKey.id,
    KEMPublicKey.deserialize(keyBytes(bundle.kyberPreKey.publicKey)),
    keyBytes(bundle.kyberPreKey.signature)
  )

const TYPES = { 2: 'message', 3: 'prekey', 8: 'plaintext' } as const

/** Sessions and sealed sender over the database's rows. */
export const createSessions = ({ store, now }: Deps): SessionPart => {
  /** Making a certificate costs two signatures; it stays the same as long as the device is. */
  let cached: { readonly identity: Uint8Array; readonly certificate: SenderCertificate } | undefined
  const certificateOf = (own: OwnAccount): SenderCertificate => {
    if (!cached || !equalBytes(cached.identity, own.identityPublic))
      cached = { identity: own.identityPublic, certificate: senderCertificate(own) }
    return cached.certificate
  }

  const addressOf = (account: AccountId, device: number): ProtocolAddress =>
    ProtocolAddress.new(account, device)

  const seal = (
    own: OwnAccount,
    account: AccountId,
    device: DeviceInfo,
    message: CiphertextMessage
  ): Promise<Uint8Array> => {
    const content = UnidentifiedSenderMessageContent.new(
      message,
      certificateOf(own),
      ContentHint.Resendable,
      null
    )
    const identities = new StagedIdentities(own, keyBytes(device.identityKey))
    return sealedSenderEncrypt(content, addressOf(account, device.id), identities)
  }

  return {
    hasSession: (account, device) => {
      const address = `${account}.${device.id}`
      return store.read((tx) => {
        const identity = tx.signal.identity(address)
        const record = tx.signal.session(address)
        const same = identity !== undefined && equalBytes(identity, keyBytes(device.identityKey))
        return (
          same && record !== undefined && SessionRecord.deserialize(record).hasCurrentState(new Date(now()))
        )
      })
    },

    startSession: (own, account, device, bundle) =>
      attempt(async () => {
        const sessions = new StagedSessions(store)
        const identities = new StagedIdentities(own, keyBytes(device.identityKey))
        await processPreKeyBundle(
          bundleOf(bundle),
          addressOf(account, device.id),
          addressOf(own.account, own.device),
          sessions,
          identities,
          new Date(now())
        )
        return staged(null, sessions, identities)
      }),

    encrypt: (own, account, device, content) =>
      attempt(async () => {
        const sessions = new StagedSessions(store)
        const identities = new StagedIdentities(own, keyBytes(device.identityKey))
        const remote = addressOf(account, device.id)
        const local = addressOf(own.account, own.device)
        const message = await signalEncrypt(
          pad(content),
          remote,
          local,
          sessions,
          identities,
          new Date(now())
        )
        return staged(await seal(own, account, device, message), sessions, identities)
      }),

    open: async (own, body) => {
      const usmc = await attempt(() =>
        sealedSenderDecryptToUsmc(body, new StagedIdentities(own, own.identityPublic))
      )
      if (!usmc.ok) return usmc
      return openedOf(usmc.value)
    },

    decrypt: async (own, opened) => {
      const sessions = new StagedSessions(store)
      const identities = new StagedIdentities(own, keyBytes(opened.identityKey))
      const preKeys = new StagedPreKeys(store)
      const remote = addressOf(opened.account, opened.device)
      const local = addressOf(own.account, own.device)
      const plain = await attempt(async () => {
        if (opened.type === 'message')
          return signalDecrypt(SignalMessage.deserialize(opened.inner), remote, local, sessions, identities)
        const message = PreKeySignalMessage.deserialize(opened.inner)
        const { oneTime, signed, kyber } = preKeys
        return signalDecryptPreKey(message, remote, local, sessions, identities, oneTime, signed, kyber)
      })
      if (!plain.ok) return plain
      const content = unpad(plain.value)
      return content
        ? ok(staged(content, sessions, identities, preKeys))
        : err({ kind: 'crypto', reason: 'undecryptable' })
    },

    sealRetryRequest: (own, account, device, opened, envelopeId) => {
      const type = opened.type === 'prekey' ? CiphertextMessageType.PreKey : CiphertextMessageType.Whisper
      const failure = DecryptionErrorMessage.forOriginal(opened.inner, type, now(), opened.device)
      const request = create(ResendRequestSchema, { envelopeId, decryptionError: failure.serialize() })
      const message = CiphertextMessage.of(
        CiphertextMessageType.Plaintext,
        toBinary(ResendRequestSchema, request)
      )
      return seal(own, account, device, message)
    },

    acceptRetryRequest: (opened) =>
      attempt(async () => {
        const request = readResend(opened.inner)
        const failure = DecryptionErrorMessage.deserialize(request.decryptionError)
        const sessions = new StagedSessions(store)
        const address = addressOf(opened.account, opened.device)
        const record = await sessions.getSession(address)
        const key = failure.ratchetKey()
        if (record && key && record.currentRatchetKeyMatches(key)) {
          record.archiveCurrentState()
          await sessions.saveSession(address, record)
        }
        return staged({ envelopeId: request.envelopeId }, sessions)
      }),
  }
}

const readResend = (bytes: Uint8Array): { envelopeId: Uint8Array; decryptionError: Uint8Array } => {
  try {
    return fromBinary(ResendRequestSchema, bytes)
  } catch {
    return { envelopeId: new Uint8Array(), decryptionError: new Uint8Array() }
  }
}

const staged = <T>(value: T, ...parts: readonly { apply(tx: Tx): void }[]): Staged<T> => ({
  value,
  apply: (tx) => {
    for (const part of parts) part.apply(tx)
  },
})

const openedOf = (
  usmc: UnidentifiedSenderMessageContent
): ReturnType<CryptoPort['open']> extends Promise<infer R> ? R : never => {
  const certificate = usmc.senderCertificate()
  const type = TYPES[usmc.msgType() as keyof typeof TYPES]
  const accountKey = certificate.serverCertificate().key().serialize()
  const account = accountIdOf(accountKey)
  const device = parseDeviceId(certificate.senderDeviceId())
  // The id is the hash of the key it comes with, or the container was put together wrong.
  if (!type || !device || certificate.senderUuid().toLowerCase() !== account)
    return err({ kind: 'crypto', reason: 'undecryptable' })
  const opened: Opened = {
    account,
    accountKey,
    device,
    identityKey: toBase64Url(certificate.key().serialize()),
    inner: usmc.contents(),
    type,
  }
  return ok(opened)
}
