import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { create, toBinary } from '@bufbuild/protobuf'
import type { CryptoPort, VerifiedList } from '../../core/ports/crypto.ts'
import { concatBytes, equalBytes, toBase64Url, toHex, utf8 } from '../../lib/bytes.ts'
import { err, ok } from '../../lib/result.ts'
import { verifyListChain, type CheckedChain } from '../../protocol/device-list.ts'
import { SealedListRecordSchema } from '../../protocol/gen/identity_pb.js'
import { LIMITS, PURPOSES } from '../../protocol/limits.ts'
import { mayReplace } from '../../protocol/list-fork.ts'
import { listRecordSigningInput, parseListRecord } from '../../protocol/list-record.ts'
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
const KEY = 32

const derive = (key: Uint8Array, purpose: string): Uint8Array =>
  hkdf(sha256, key, undefined, utf8(purpose), KEY)

/** Device lists: checking them, and the sealed form in which they lie at relays and in the DHT. */
export const createListRecords = ({ bytes }: Deps): ListPart => {
  const verifyList: CryptoPort['verifyList'] = async (chain) => {
    const result = await verifyListChain(chain, (key, data, signature) =>
      defaultProvider.verify(key.subarray(1), data, signature)
    )
    if (result.ok) return ok(verifiedOf(result.value))
    return err({
      kind: 'crypto',
      reason: result.error.reason === 'bad-signature' ? 'bad-signature' : 'bad-device-list',
    })
  }

  return {
    verifyList,
    follows: (known, next) => mayReplace(known.chain, next.chain),
    listLocator: async (accountKey) => toHex(derive(accountKey, PURPOSES.listLocator)),
    sealList: async (own) => {
      const locator = derive(own.accountKey, PURPOSES.listLocator)
      const key = derive(own.accountKey, PURPOSES.listKey)
      // The nonce follows from the chain (and a secret, so that it tells nothing): publishing a revision again is the same record again.
      const nonce = hmac(sha256, own.publishPrivate, own.listChain).subarray(0, NONCE)
      const ciphertext = xchacha20poly1305(key, nonce, locator).encrypt(pad(own.listChain))
      const revision = BigInt(own.listRevision)
      const record = create(SealedListRecordSchema, {
        version: VERSION,
        revision,
        publishKey: ed25519.getPublicKey(own.publishPrivate),
        nonce,
        ciphertext,
        signature: ed25519.sign(
          listRecordSigningInput(locator, { revision, nonce, ciphertext }),
          own.publishPrivate
        ),
      })
      return toBinary(SealedListRecordSchema, record)
    },
    openList: async (bytes, accountKey) => {
      const record = parseListRecord(bytes)
      if (!record.ok) return badList
      const { nonce, ciphertext, revision } = record.value
      const locator = derive(accountKey, PURPOSES.listLocator)
      const chain = open(derive(accountKey, PURPOSES.listKey), nonce, ciphertext, locator)
      if (!chain) return badList
      const list = await verifyList(chain)
      if (!list.ok) return list
      // Whoever has an invite can seal anything under this key: only what the chain itself says counts.
      const isTheirs =
        equalBytes(list.value.accountKey, accountKey) && BigInt(list.value.revision) === revision
      return isTheirs ? list : badList
    },
    sealEndpoint: (profileKey, plain) => {
      const nonce = bytes(NONCE)
      return concatBytes(
        nonce,
        xchacha20poly1305(derive(profileKey, PURPOSES.endpointKey), nonce).encrypt(pad(plain))
      )
    },
    openEndpoint: (profileKey, sealed) => {
      if (sealed.length <= NONCE || sealed.length > LIMITS.endpointBytes) return undefined
      return open(derive(profileKey, PURPOSES.endpointKey), sealed.subarray(0, NONCE), sealed.subarray(NONCE))
    },
  }
}

const badList = err({ kind: 'crypto', reason: 'bad-device-list' } as const)

const verifiedOf = ({ devices, ...list }: CheckedChain): VerifiedList => ({
  ...list,
  devices: devices.map((device) => ({
    id: device.id,
    identityKey: toBase64Url(device.identityKey),
    registrationId: device.registrationId,
    requestKey: toBase64Url(device.requestKey),
  })),
})

/** Decrypts and takes the padding off; undefined when it is not authentic: the caller need not know why. */
const open = (
  key: Uint8Array,
  nonce: Uint8Array,
  data: Uint8Array,
  context?: Uint8Array
): Uint8Array | undefined => {
  try {
    return unpad(xchacha20poly1305(key, nonce, context).decrypt(data))
  } catch {
    return undefined
  }
}
