import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { entropyToMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import type { CryptoPort, Staged } from '../../core/ports/crypto.ts'
import type { OwnAccount } from '../../core/ports/storage.ts'
import { equalBytes, utf8 } from '../../lib/bytes.ts'
import { addDeviceSigningInput, removeDeviceSigningInput } from '../../protocol/device-approval.ts'
import { accountIdOf } from '../../protocol/account.ts'
import {
  ACCOUNT_SIGNER,
  appendToChain,
  encodeDeviceList,
  listedDevices,
  listSigningInput,
  listVersion,
  startChain,
  unusedDevice,
  type ListedDevice,
  type SignedRevision,
} from '../../protocol/device-list.ts'
import type { DeviceId } from '../../protocol/ids.ts'
import { PURPOSES } from '../../protocol/limits.ts'
import { PrivateKey } from '../../signal/index.ts'

type AccountPart = Pick<
  CryptoPort,
  | 'createAccount'
  | 'restoreAccount'
  | 'recoveryWords'
  | 'renewList'
  | 'publicKeys'
  | 'approveDevice'
  | 'approveRemoval'
  | 'signRequest'
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

/** Keys that a device has of its own. */
const newDevice = (
  bytes: Deps['bytes']
): Pick<OwnAccount, 'registrationId' | 'identityPublic' | 'identityPrivate' | 'requestPrivate'> => {
  const identity = PrivateKey.generate()
  const registration = bytes(2)
  return {
    // 14 bits, never 0 (spec §1.6).
    registrationId: ((((registration[0] ?? 0) << 8) | (registration[1] ?? 0)) % 0x3fff) + 1,
    identityPublic: identity.getPublicKey().serialize(),
    identityPrivate: identity.serialize(),
    requestPrivate: bytes(32),
  }
}

/** The list with this one device, signed by the account key. */
const signedList = (
  own: OwnAccount,
  accountPrivate: PrivateKey,
  previousHash: Uint8Array,
  signedAt: number
): SignedRevision => {
  const { accountKey, listRevision: revision, relays } = own
  const list = encodeDeviceList({
    accountKey,
    revision,
    previousHash,
    devices: [listedDevice(own)],
    relays,
    signedAt,
  })
  return { list, signature: accountPrivate.sign(listSigningInput(list)), signer: ACCOUNT_SIGNER }
}

const staged = (value: OwnAccount): Staged<OwnAccount> => ({ value, apply: (tx) => tx.account.put(value) })

/** Keys and lists of the own account. */
export const createAccountKeys = ({ bytes }: Deps): AccountPart => ({
  createAccount: async (name, relays, now) => {
    const entropy = bytes(32)
    const accountPrivate = accountKeyOf(entropy)
    const accountKey = accountPrivate.getPublicKey().serialize()
    const draft: OwnAccount = {
      ...newDevice(bytes),
      account: accountIdOf(accountKey),
      accountKey,
      entropy,
      device: FIRST_DEVICE,
      publishPrivate: bytes(32),
      profileKey: bytes(32),
      deliveryKey: bytes(32),
      name,
      relays,
      listChain: new Uint8Array(),
      listRevision: 1,
      createdAt: now,
    }
    const signed = signedList(draft, accountPrivate, new Uint8Array(), now)
    return staged({ ...draft, listChain: startChain(signed) })
  },

  restoreAccount: async (secrets, newest, now) => {
    const accountPrivate = accountKeyOf(secrets.entropy)
    const accountKey = accountPrivate.getPublicKey().serialize()
    const device = unusedDevice(newest.chain)
    if (!equalBytes(accountKey, newest.accountKey) || device === undefined) return undefined
    const draft: OwnAccount = {
      ...newDevice(bytes),
      account: newest.account,
      accountKey,
      entropy: secrets.entropy,
      device,
      publishPrivate: secrets.publishPrivate,
      profileKey: secrets.profileKey,
      deliveryKey: secrets.deliveryKey,
      name: secrets.name,
      relays: newest.relays,
      listChain: newest.chain,
      listRevision: newest.revision + 1,
      createdAt: secrets.createdAt,
    }
    const signed = signedList(draft, accountPrivate, newest.hash, now)
    return staged({ ...draft, listChain: appendToChain(newest.chain, signed) ?? startChain(signed) })
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

  approveDevice: (own) =>
    ed25519.sign(
      addDeviceSigningInput(own.account, own.device, ed25519.getPublicKey(own.requestPrivate)),
      own.publishPrivate
    ),

  approveRemoval: (own, device) =>
    ed25519.sign(removeDeviceSigningInput(own.account, device), own.publishPrivate),

  signRequest: async (own, data) => ed25519.sign(data, own.requestPrivate),
})
