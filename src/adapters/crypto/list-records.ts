import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { CryptoPort, VerifiedList } from '../../core/ports/crypto.ts'
import { concatBytes, equalBytes, toBase64Url, toHex, utf8 } from '../../lib/bytes.ts'
import { err, ok } from '../../lib/result.ts'
import { verifyListChain } from '../../protocol/device-list.ts'
import { SealedListRecordSchema } from '../../protocol/gen/identity_pb.js'
import { LIMITS, PURPOSES } from '../../protocol/limits.ts'
import { mayReplace } from '../../protocol/list-fork.ts'
import { pad, unpad } from '../../protocol/padding.ts'
import { defaultProvider } from '../../signal/index.ts'

type ListPart = Pick<
  CryptoPort,
  'verifyList' | 'follows' | 'listLocator' | 'sealList' | 'openList' | 'sealEndpoint' | 'openEndpoint'
>
interface Deps {
  readonly bytes: (length: number) => Uint8Array
}

const VERSION = 1
const NONCE = 24

const locatorOf = (accountKey: Uint8Array): Uint8Array =>
  hkdf(sha256, accountKey, undefined, utf8(PURPOSES.listLocator), 32)
const listKeyOf = (accountKey: Uint8Array): Uint8Array =>
  hkdf(sha256, accountKey, undefined, utf8(PURPOSES.listKey), 32)
const endpointKeyOf = (profileKey: Uint8Array): Uint8Array =>
  hkdf(sha256, profileKey, undefined, utf8(PURPOSES.endpointKey), 32)

/** What the publish key signs (identity.proto). */
const signingInput = (
  locator: Uint8Array,
  revision: bigint,
  nonce: Uint8Array,
  ciphertext: Uint8Array
): Uint8Array => {
  const count = new Uint8Array(8)
  new DataView(count.buffer).setBigUint64(0, revision)
  return concatBytes(utf8(PURPOSES.listRecord), Uint8Array.of(0), locator, count, nonce, ciphertext)
}

/** Device lists: checking them, and the sealed form in which they lie at relays and in the DHT. */
export const createListRecords = ({ bytes }: Deps): ListPart => {
  const curve = defaultProvider

  const verifyList: CryptoPort['verifyList'] = async (chain) => {
    const result = await verifyListChain(chain, (key, data, signature) =>
      curve.verify(key.subarray(1), data, signature)
    )
    if (!result.ok)
      return err({
        kind: 'crypto',
        reason: result.error.reason === 'bad-signature' ? 'bad-signature' : 'bad-device-list',
      })
    const list: VerifiedList = {
      ...result.value,
      devices: result.value.devices.map((device) => ({
        id: device.id,
        identityKey: toBase64Url(device.identityKey),
        registrationId: device.registrationId,
        requestKey: toBase64Url(device.requestKey),
      })),
    }
    return ok(list)
  }

  return {
    verifyList,
    follows: (known, next) => mayReplace(known.chain, next.chain),
    listLocator: async (accountKey) => toHex(locatorOf(accountKey)),
    sealList: async (own) => {
      const locator = locatorOf(own.accountKey)
      const nonce = bytes(NONCE)
      const ciphertext = xchacha20poly1305(listKeyOf(own.accountKey), nonce, locator).encrypt(
        pad(own.listChain)
      )
      const revision = BigInt(own.listRevision)
      const record = create(SealedListRecordSchema, {
        version: VERSION,
        revision,
        publishKey: ed25519.getPublicKey(own.publishPrivate),
        nonce,
        ciphertext,
        signature: ed25519.sign(signingInput(locator, revision, nonce, ciphertext), own.publishPrivate),
      })
      return toBinary(SealedListRecordSchema, record)
    },
    openList: async (record, accountKey) => {
      const chain = openRecord(record, accountKey)
      if (!chain) return err({ kind: 'crypto', reason: 'bad-device-list' })
      const list = await verifyList(chain)
      if (list.ok && !equalBytes(list.value.accountKey, accountKey))
        return err({ kind: 'crypto', reason: 'bad-device-list' })
      return list
    },
    sealEndpoint: (profileKey, plain) => {
      const nonce = bytes(NONCE)
      return concatBytes(nonce, xchacha20poly1305(endpointKeyOf(profileKey), nonce).encrypt(pad(plain)))
    },
    openEndpoint: (profileKey, sealed) => {
      if (sealed.length <= NONCE || sealed.length > LIMITS.endpointBytes) return undefined
      const plain = decrypt(endpointKeyOf(profileKey), sealed.subarray(0, NONCE), sealed.subarray(NONCE))
      return plain && unpad(plain)
    },
  }
}

/** Undefined when it is not authentic: the caller need not know why. */
const decrypt = (
  key: Uint8Array,
  nonce: Uint8Array,
  data: Uint8Array,
  aad?: Uint8Array
): Uint8Array | undefined => {
  try {
    return xchacha20poly1305(key, nonce, aad).decrypt(data)
  } catch {
    return undefined
  }
}

const openRecord = (bytes: Uint8Array, accountKey: Uint8Array): Uint8Array | undefined => {
  if (bytes.length > LIMITS.listRecordBytes) return undefined
  try {
    const record = fromBinary(SealedListRecordSchema, bytes)
    if (record.version !== VERSION || record.nonce.length !== NONCE) return undefined
    const plain = decrypt(listKeyOf(accountKey), record.nonce, record.ciphertext, locatorOf(accountKey))
    return plain && unpad(plain)
  } catch {
    return undefined
  }
}
