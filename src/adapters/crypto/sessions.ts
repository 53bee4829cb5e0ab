import type { CryptoPort } from '../../core/ports/crypto.ts'
import type { DeviceInfo } from '../../core/domain/contact.ts'
import type { OwnAccount, Store } from '../../core/ports/storage.ts'
import { equalBytes } from '../../lib/bytes.ts'
import { err, ok } from '../../lib/result.ts'
import { pad, unpad } from '../../protocol/padding.ts'
import {
  CiphertextMessageType,
  ContentHint,
  createWorkBudget,
  KEMPublicKey,
  LibSignalErrorBase,
  PreKeyBundle,
  PreKeySignalMessage,
  processPreKeyBundle,
  PublicKey,
  signalDecrypt,
  signalDecryptPreKey,
  signalEncrypt,
  SignalMessage,
  type CiphertextMessage,
  type ProtocolAddress,
} from '../../signal/index.ts'
import { addressOf, keyBytes } from './addresses.ts'
import { attempt } from './errors.ts'
import type { SealedSender } from './sealed.ts'
import { readRecord, stage, StagedIdentities, StagedPreKeys, StagedSessions } from './staged-stores.ts'

type SessionPart = Pick<CryptoPort, 'hasSession' | 'startSession' | 'encrypt' | 'decrypt'>
type Bundle = Parameters<CryptoPort['startSession']>[3]
interface Deps {
  readonly store: Store
  readonly now: () => number
  readonly sealed: SealedSender
}

/** Architecture §5: below the jump that receivers allow, so that what comes next can always be read. */
const MOST_UNANSWERED = 1_500
/** Keys that one sender's bad messages may make us derive in a minute (spec §15). */
const WORK = { steps: 20_000, period: 60_000, maxSenders: 500 }

/** Sessions over the database's rows. */
export const createSessions = ({ store, now, sealed }: Deps): SessionPart => {
  const budget = createWorkBudget({ ...WORK, now })
  const stores = (own: OwnAccount, identityKey: string) => ({
    sessions: new StagedSessions(store),
    identities: new StagedIdentities(own, keyBytes(identityKey)),
    local: addressOf(own.account, own.device),
  })

  return {
    hasSession: (account, device) => {
      const address = addressOf(account, device.id).toString()
      return store.read((tx) => {
        const identity = tx.signal.identity(address)
        const same = identity !== undefined && equalBytes(identity, keyBytes(device.identityKey))
        return same && (readRecord(tx.signal.session(address))?.hasCurrentState(new Date(now())) ?? false)
      })
    },

    startSession: (own, account, device, bundle) =>
      attempt(async () => {
        const { sessions, identities, local } = stores(own, device.identityKey)
        const remote = addressOf(account, device.id)
        if (bundle.deviceId !== device.id) throw foreignBundle(remote)
        await processPreKeyBundle(
          bundleOf(device, bundle),
          remote,
          local,
          sessions,
          identities,
          new Date(now())
        )
        return stage(null, sessions, identities)
      }),

    encrypt: (own, account, device, content, isMessage) =>
      attempt(async () => {
        const { sessions, identities, local } = stores(own, device.identityKey)
        const remote = addressOf(account, device.id)
        const message = await signalEncrypt(
          pad(content),
          remote,
          local,
          sessions,
          identities,
          new Date(now())
        )
        if (counterOf(message) + 1 >= MOST_UNANSWERED) await retire(sessions, remote)
        const hint = isMessage ? ContentHint.Resendable : ContentHint.Implicit
        return stage(await sealed.seal(own, account, device, message, hint), sessions, identities)
      }),

    decrypt: async (own, opened) => {
      const { sessions, identities, local } = stores(own, opened.identityKey)
      const preKeys = new StagedPreKeys(store)
      const remote = addressOf(opened.account, opened.device)
      const options = { budget }
      const plain = await attempt(async () => {
        if (opened.type === 'message')
          return signalDecrypt(
            SignalMessage.deserialize(opened.inner),
            remote,
            local,
            sessions,
            identities,
            options
          )
        const message = PreKeySignalMessage.deserialize(opened.inner)
        const { oneTime, signed, kyber } = preKeys
        return signalDecryptPreKey(
          message,
          remote,
          local,
          sessions,
          identities,
          oneTime,
          signed,
          kyber,
          options
        )
      })
      if (!plain.ok) return plain
      const content = unpad(plain.value)
      return content
        ? ok(stage(content, sessions, identities, preKeys))
        : err({ kind: 'crypto', reason: 'undecryptable' })
    },
  }
}

/** The relay is believed in nothing but the keys themselves, which the listed identity has signed. */
const bundleOf = (device: DeviceInfo, bundle: Bundle): PreKeyBundle =>
  PreKeyBundle.new(
    device.registrationId,
    device.id,
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

const foreignBundle = (address: ProtocolAddress): Error =>
  new LibSignalErrorBase('untrusted-identity', 'a bundle of another device', 'startSession', address.name())

/** How many messages the chain had before this one: none since the other side's last answer. */
const counterOf = (message: CiphertextMessage): number => {
  const bytes = message.serialize()
  return message.type() === CiphertextMessageType.PreKey
    ? PreKeySignalMessage.deserialize(bytes).fields().message.counter()
    : SignalMessage.deserialize(bytes).counter()
}

/** Answers still decrypt; the next message begins a new session. */
const retire = async (sessions: StagedSessions, remote: ProtocolAddress): Promise<void> => {
  const record = await sessions.getSession(remote)
  if (!record) return
  record.archiveCurrentState()
  await sessions.saveSession(remote, record)
}
