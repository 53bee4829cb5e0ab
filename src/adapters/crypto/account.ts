import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { entropyToMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import type { CryptoPort } from '../../core/ports/crypto.ts'
import type { OwnAccount } from '../../core/ports/storage.ts'
import { utf8 } from '../../lib/bytes.ts'
import { accountIdOf } from '../../protocol/account.ts'
import {
  ACCOUNT_SIGNER,
  appendToChain,
  encodeDeviceList,
  listedDevices,
  listSigningInput,
  listVersion,
  startChain,
  type ListedDevice,
} from '../../protocol/device-list.ts'
import type { DeviceId } from '../../protocol/ids.ts'
import { PURPOSES } from '../../protocol/limits.ts'
import { PrivateKey } from '../../signal/index.ts'

type AccountPart = Pick<
  CryptoPort,
  'createAccount' | 'recoveryWords' | 'renewList' | 'publicKeys' | 'signRequest'
>
interface Deps {
  readonly bytes: (length: number) => Uint8Array
}

const FIRST_DEVICE = 1 as DeviceId

/** The account's private key: a derivative of the 32 bytes behind the recovery words. */
const accountKeyOf = (entropy: Uint8Array): PrivateKey => {
  const secret = hkdf(sha256, entropy, undefined, utf8(PURPOSES.accountKey), 32)
  const key = PrivateKey.deserialize(secret)
  secret.fill(0)
  return key
}

const listedDevice = (own: OwnAccount): ListedDevice => ({
  id: own.device,
  identityKey: own.identityPublic,
  registrationId: own.registrationId,
  requestKey: ed25519.getPublicKey(own.requestPrivate),
})

/** Keys and lists of the own account. */
export const createAccountKeys = ({ bytes }: Deps): AccountPart => ({
  createAccount: async (name, relays, now) => {
    const entropy = bytes(32)
    const accountPrivate = accountKeyOf(entropy)
    const accountKey = accountPrivate.getPublicKey().serialize()
    const identity = PrivateKey.generate()
    const registration = bytes(2)
    const draft: OwnAccount = {
      account: accountIdOf(accountKey),
      accountKey,
      entropy,
      device: FIRST_DEVICE,
      // 14 bits, never 0 (spec §1.6).
      registrationId: ((((registration[0] ?? 0) << 8) | (registration[1] ?? 0)) % 0x3fff) + 1,
      identityPublic: identity.getPublicKey().serialize(),
      identityPrivate: identity.serialize(),
      requestPrivate: bytes(32),
      publishPrivate: bytes(32),
      profileKey: bytes(32),
      deliveryKey: bytes(32),
      name,
      relays,
      listChain: new Uint8Array(),
      listRevision: 1,
      createdAt: now,
    }
    const devices = [listedDevice(draft)]
    const list = encodeDeviceList({
      accountKey,
      revision: 1,
      previousHash: new Uint8Array(),
      devices,
      relays,
      signedAt: now,
    })
    const signature = accountPrivate.sign(listSigningInput(list))
    const value = { ...draft, listChain: startChain({ list, signature, signer: ACCOUNT_SIGNER }) }
    return { value, apply: (tx) => tx.account.put(value) }
  },

  recoveryWords: (entropy) => entropyToMnemonic(entropy, wordlist).split(' '),

  renewList: async (own, relays, now) => {
    const before = listVersion(own.listChain)
    const revision = before.revision + 1
    const list = encodeDeviceList({
      accountKey: own.accountKey,
      revision,
      previousHash: before.hash,
      devices: listedDevices(own.listChain),
      relays,
      signedAt: now,
    })
    const renewed = { ...own, relays, listRevision: revision }
    const signature = PrivateKey.deserialize(own.identityPrivate).sign(listSigningInput(list))
    const listChain = appendToChain(own.listChain, { list, signature, signer: own.device })
    if (listChain) return { ...renewed, listChain }
    // A full chain begins anew, which only the account key can do; without it the present list stays in use.
    if (!own.entropy) return own
    const bySelf = accountKeyOf(own.entropy).sign(listSigningInput(list))
    return { ...renewed, listChain: startChain({ list, signature: bySelf, signer: ACCOUNT_SIGNER }) }
  },

  publicKeys: (own) => ({
    request: ed25519.getPublicKey(own.requestPrivate),
    publish: ed25519.getPublicKey(own.publishPrivate),
  }),

  signRequest: async (own, data) => ed25519.sign(data, own.requestPrivate),
})
