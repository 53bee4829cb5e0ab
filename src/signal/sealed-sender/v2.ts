import { ascii, concat, equalBytes, wipe, type Bytes } from '../bytes.ts'
import { gcmSivDecrypt, gcmSivEncrypt } from '../crypto/ciphers.ts'
import { clamp, publicFromPrivate } from '../crypto/curve.ts'
import { hkdfSha256 } from '../crypto/kdf.ts'
import type { CryptoProvider, RawKeyPair } from '../crypto/provider.ts'
import { randomBytes } from '../crypto/random.ts'
import { PublicKey, type IdentityKeyPair } from '../keys/ec.ts'
import { allAgreements } from '../session/process-bundle.ts'
import { AUTH_TAG_LENGTH, EPHEMERAL_LENGTH, SHARE_LENGTH } from './lengths.ts'
import type { Unsealed } from './v1.ts'

const KEY_LENGTH = 32
const NONCE = new Uint8Array(12)
const NO_DATA = new Uint8Array(0)
const EPHEMERAL_INFO = ascii('Sealed Sender v2: r (2023-08)')
const KEY_INFO = ascii('Sealed Sender v2: K')
const SHARE_INFO = ascii('Sealed Sender v2: DH')
const SENDER_INFO = ascii('Sealed Sender v2: DH-sender')
const OPERATION = 'SealedSender_MultiRecipientEncrypt'

type MessageKeys = { readonly ephemeral: RawKeyPair; readonly key: Bytes }

const fromSecret = (secret: Uint8Array): MessageKeys => {
  const privateKey = clamp(hkdfSha256(null, secret, EPHEMERAL_INFO, KEY_LENGTH))
  return {
    ephemeral: { privateKey, publicKey: publicFromPrivate(privateKey) },
    key: hkdfSha256(null, secret, KEY_INFO, KEY_LENGTH),
  }
}

const serialized = (raw: Uint8Array): Bytes => PublicKey.fromRaw(raw).serialize()

/** Masks or unmasks the message secret with an agreement (spec §10.4). */
const mask = (
  secret: Uint8Array,
  agreement: Uint8Array,
  ephemeral: Uint8Array,
  recipient: PublicKey
): Bytes => {
  const input = concat(agreement, serialized(ephemeral), recipient.serialize())
  const pad = hkdfSha256(null, input, SHARE_INFO, SHARE_LENGTH)
  wipe(input, agreement)
  return pad.map((byte, i) => byte ^ (secret[i] as number))
}

type TagInput = {
  readonly agreement: Uint8Array
  readonly ephemeral: Uint8Array
  readonly share: Uint8Array
  readonly sender: PublicKey
  readonly recipient: PublicKey
}

const authTag = ({ agreement, ephemeral, share, sender, recipient }: TagInput): Bytes => {
  const input = concat(agreement, serialized(ephemeral), share, sender.serialize(), recipient.serialize())
  const tag = hkdfSha256(null, input, SENDER_INFO, AUTH_TAG_LENGTH)
  wipe(input, agreement)
  return tag
}

export type RecipientShare = { readonly share: Bytes; readonly tag: Bytes }

/** A message sealed once, for which shares can be made for any number of identities. */
export type SealedForMany = {
  readonly ephemeral: Bytes
  readonly body: Bytes
  readonly shareFor: (recipient: PublicKey) => Promise<RecipientShare>
  /** Zeroes the secrets; no more shares after it. */
  readonly close: () => void
}

/** Seals `content` for many recipients (spec §10.4). */
export const sealV2 = (
  content: Uint8Array,
  sender: IdentityKeyPair,
  provider: CryptoProvider
): SealedForMany => {
  const secret = randomBytes(KEY_LENGTH)
  const { ephemeral, key } = fromSecret(secret)
  const senderPrivate = sender.privateKey.serialize()
  const body = gcmSivEncrypt(key, NONCE, content, NO_DATA)
  wipe(key)
  return {
    ephemeral: ephemeral.publicKey,
    body,
    shareFor: async (recipient) => {
      const remote = recipient.getPublicKeyBytes()
      const [masking, proving] = (await allAgreements(
        [provider.agree(ephemeral.privateKey, remote), provider.agree(senderPrivate, remote)],
        OPERATION
      )) as [Bytes, Bytes]
      const share = mask(secret, masking, ephemeral.publicKey, recipient)
      const input = {
        agreement: proving,
        ephemeral: ephemeral.publicKey,
        share,
        sender: sender.publicKey,
        recipient,
      }
      return { share, tag: authTag(input) }
    },
    close: () => wipe(secret, ephemeral.privateKey, senderPrivate),
  }
}

/** Opens a delivered message without its version byte; `malformed` is too short, `null` isn't for us. */
export const openV2 = async (
  body: Uint8Array,
  recipient: IdentityKeyPair,
  provider: CryptoProvider
): Promise<Unsealed | 'malformed' | null> => {
  const sealedAt = SHARE_LENGTH + AUTH_TAG_LENGTH + EPHEMERAL_LENGTH
  if (body.length < sealedAt) return 'malformed'
  const share = body.slice(0, SHARE_LENGTH)
  const tag = body.slice(SHARE_LENGTH, SHARE_LENGTH + AUTH_TAG_LENGTH)
  const ephemeral = body.slice(SHARE_LENGTH + AUTH_TAG_LENGTH, sealedAt)
  const privateKey = recipient.privateKey.serialize()
  const masking = await provider.agree(privateKey, ephemeral)
  wipe(privateKey)
  if (masking === null) return null
  const secret = mask(share, masking, ephemeral, recipient.publicKey)
  const derived = fromSecret(secret)
  wipe(secret, derived.ephemeral.privateKey)
  const isOurs = equalBytes(derived.ephemeral.publicKey, ephemeral)
  const content = isOurs ? gcmSivDecrypt(derived.key, NONCE, body.subarray(sealedAt), NO_DATA) : null
  wipe(derived.key)
  return (
    content && {
      content,
      isSealedBy: async (sender) => {
        const secretKey = recipient.privateKey.serialize()
        const agreement = await provider.agree(secretKey, sender.getPublicKeyBytes())
        wipe(secretKey)
        if (agreement === null) return false
        return equalBytes(
          authTag({ agreement, ephemeral, share, sender, recipient: recipient.publicKey }),
          tag
        )
      },
    }
  )
}
