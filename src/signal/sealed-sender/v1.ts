import { ascii, concat, equalBytes, wipe, type Bytes } from '../bytes.ts'
import { ctrCrypt } from '../crypto/ciphers.ts'
import { hkdfSha256, hmac } from '../crypto/kdf.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { PublicKey, type IdentityKeyPair } from '../keys/ec.ts'
import { decode, encode } from '../proto/wire.ts'
import { allAgreements } from '../session/process-bundle.ts'

/** Version byte: needed and current version in its halves (spec §10.3). */
const VERSION_BYTE = 0x11
const SALT = ascii('UnidentifiedDelivery')
const NO_INFO = new Uint8Array(0)
const KEY_LENGTH = 32
const TAG_LENGTH = 10
const OPERATION = 'SealedSender_Encrypt'
const SCHEMA = {
  ephemeralPublic: [1, 'bytes', 'required'],
  encryptedStatic: [2, 'bytes', 'required'],
  encryptedMessage: [3, 'bytes', 'required'],
} as const

type Keys = { readonly chain: Bytes; readonly cipher: Bytes; readonly mac: Bytes }

const deriveKeys = (salt: Uint8Array, agreement: Uint8Array): Keys => {
  const out = hkdfSha256(salt, agreement, NO_INFO, 3 * KEY_LENGTH)
  wipe(agreement)
  return {
    chain: out.subarray(0, KEY_LENGTH),
    cipher: out.subarray(KEY_LENGTH, 2 * KEY_LENGTH),
    mac: out.subarray(2 * KEY_LENGTH),
  }
}

const sealWith = (keys: Keys, text: Uint8Array): Bytes => {
  const ciphertext = ctrCrypt(keys.cipher, text)
  return concat(ciphertext, hmac(keys.mac, ciphertext).subarray(0, TAG_LENGTH))
}

const openWith = (keys: Keys, sealed: Uint8Array): Bytes | null => {
  if (sealed.length < TAG_LENGTH) return null
  const ciphertext = sealed.subarray(0, sealed.length - TAG_LENGTH)
  const tag = sealed.subarray(sealed.length - TAG_LENGTH)
  return equalBytes(hmac(keys.mac, ciphertext).subarray(0, TAG_LENGTH), tag)
    ? ctrCrypt(keys.cipher, ciphertext)
    : null
}

/** Seals `content` for one identity (spec §10.3). */
export const sealV1 = async (
  content: Uint8Array,
  sender: IdentityKeyPair,
  recipient: PublicKey,
  provider: CryptoProvider
): Promise<Bytes> => {
  const ephemeral = await provider.generate()
  const senderPrivate = sender.privateKey.serialize()
  const recipientKey = recipient.getPublicKeyBytes()
  const [first, second] = (await allAgreements(
    [provider.agree(ephemeral.privateKey, recipientKey), provider.agree(senderPrivate, recipientKey)],
    OPERATION
  )) as [Bytes, Bytes]
  wipe(ephemeral.privateKey, senderPrivate)
  const ephemeralPublic = PublicKey.fromRaw(ephemeral.publicKey).serialize()
  const outer = deriveKeys(concat(SALT, recipient.serialize(), ephemeralPublic), first)
  const encryptedStatic = sealWith(outer, sender.publicKey.serialize())
  const encryptedMessage = sealWith(deriveKeys(concat(outer.chain, encryptedStatic), second), content)
  return concat(
    Uint8Array.of(VERSION_BYTE),
    encode(SCHEMA, { ephemeralPublic, encryptedStatic, encryptedMessage })
  )
}

export type Unsealed = {
  readonly content: Bytes
  /** Whether the certificate's key is the one that sealed the message. */
  readonly isSealedBy: (key: PublicKey) => Promise<boolean>
}

/** Opens what `sealV1` made, without its version byte; `malformed` isn't a message at all, `null` isn't for us. */
export const openV1 = async (
  body: Uint8Array,
  recipient: IdentityKeyPair,
  provider: CryptoProvider
): Promise<Unsealed | 'malformed' | null> => {
  const parsed = decode(SCHEMA, body)
  if (!parsed) return 'malformed'
  const ephemeral = PublicKey.deserialize(parsed.ephemeralPublic)
  const secret = recipient.privateKey.serialize()
  try {
    const first = await provider.agree(secret, ephemeral.getPublicKeyBytes())
    if (first === null) return null
    const outer = deriveKeys(concat(SALT, recipient.publicKey.serialize(), ephemeral.serialize()), first)
    const staticKey = openWith(outer, parsed.encryptedStatic)
    if (staticKey === null) return null
    const sender = PublicKey.deserialize(staticKey)
    const second = await provider.agree(secret, sender.getPublicKeyBytes())
    if (second === null) return null
    const content = openWith(
      deriveKeys(concat(outer.chain, parsed.encryptedStatic), second),
      parsed.encryptedMessage
    )
    return content && { content, isSealedBy: async (key) => key.equals(sender) }
  } finally {
    wipe(secret)
  }
}
