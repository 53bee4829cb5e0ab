/**
 * Signal sessions and our own signatures, as the core needs them. Operations that advance a ratchet read through to the store and hand
 * back what they would write; the core applies it (`apply`) in the transaction that also holds the message: never half done.
 * The core runs at most one such operation for an account at a time.
 */
import type { CryptoError } from '../domain/errors.ts'
import type { DeviceInfo } from '../domain/contact.ts'
import type { Result } from '../../lib/result.ts'
import type { AccountId, DeviceId } from '../../protocol/ids.ts'
import type { Bundles, PreKeyUpload } from '../../protocol/relay-api.ts'
import type { OwnAccount, Tx } from './storage.ts'

/** A result together with the store writes that make it true. */
export interface Staged<T> {
  readonly value: T
  apply(tx: Tx): void
}

/** A verified chain of device lists. */
export interface VerifiedList {
  readonly account: AccountId
  readonly accountKey: Uint8Array
  readonly revision: number
  /** SHA-256 of the newest signed list. */
  readonly hash: Uint8Array
  readonly devices: readonly DeviceInfo[]
  readonly relays: readonly string[]
  readonly signedAt: number
  /** The chain's bytes as they were received. */
  readonly chain: Uint8Array
}

/** What the outer layer says: authenticated as holder of `identityKey`, not yet as a device of the account. */
export interface Opened {
  readonly account: AccountId
  readonly accountKey: Uint8Array
  readonly device: DeviceId
  readonly identityKey: string
  /** Inner message, for `decrypt`. */
  readonly inner: Uint8Array
  readonly type: 'prekey' | 'message' | 'plaintext'
  /** The sender says that a person would miss it; false for receipts and whatever else works in silence. */
  readonly isMessage: boolean
}

/** What of an account outlives its devices. */
export interface AccountSecrets {
  readonly entropy: Uint8Array
  readonly publishPrivate: Uint8Array
  readonly profileKey: Uint8Array
  readonly deliveryKey: Uint8Array
  readonly name: string
  readonly relays: readonly string[]
  readonly createdAt: number
}

/** Numbers of one-time prekeys. */
export interface PreKeyIds {
  readonly ec: readonly number[]
  readonly kyber: readonly number[]
}

export interface CryptoPort {
  /** Makes keys of a new account and its first device, with a list signed by the account key. */
  createAccount(name: string, relays: readonly string[], now: number): Promise<Staged<OwnAccount>>
  /**
   * Makes this device, with keys of its own, the one device of an account: a new revision after `newest`, signed by the account key.
   * Undefined when the secrets are not those of the list, or no device number is left.
   */
  restoreAccount(
    secrets: AccountSecrets,
    newest: VerifiedList,
    now: number
  ): Promise<Staged<OwnAccount> | undefined>
  /** The 24 words behind `entropy`. */
  recoveryWords(entropy: Uint8Array): readonly string[]
  /** Signs a new revision over the present one (same devices) with this device's key. */
  renewList(own: OwnAccount, relays: readonly string[], now: number): Promise<OwnAccount>

  /** Checks every signature and link of a chain; nothing else is trusted of it. */
  verifyList(chain: Uint8Array): Promise<Result<VerifiedList, CryptoError>>
  /** True when `next` may take the place of `known`: higher revision on the same chain, or the better side of a fork (architecture §4). */
  follows(known: VerifiedList, next: VerifiedList): boolean
  /** 64 hex digits under which the list of this account key lies. */
  listLocator(accountKey: Uint8Array): Promise<string>
  /** Seals the own chain as a SealedListRecord. */
  sealList(own: OwnAccount): Promise<Uint8Array>
  /** Opens and verifies a record for an account key. */
  openList(record: Uint8Array, accountKey: Uint8Array): Promise<Result<VerifiedList, CryptoError>>

  /**
   * A batch of prekeys for a relay: public halves to upload, private ones to store. Those of `offered` that are still stored are in it, and as many
   * new ones as are missing.
   */
  makePreKeys(
    own: OwnAccount,
    now: number,
    batch: { ec: number; kyber: number },
    offered?: PreKeyIds
  ): Promise<Staged<PreKeyUpload>>

  /** True when a session with the device, under its listed identity key, can encrypt. */
  hasSession(account: AccountId, device: DeviceInfo): boolean
  /** Starts a session from a bundle, whose identity key must be the one of the list. */
  startSession(
    own: OwnAccount,
    account: AccountId,
    device: DeviceInfo,
    bundle: Bundles['devices'][number]
  ): Promise<Result<Staged<null>, CryptoError>>
  /** Pads, encrypts and seals a content for one device. `isMessage`: a person would miss it, if it did not decrypt. */
  encrypt(
    own: OwnAccount,
    account: AccountId,
    device: DeviceInfo,
    content: Uint8Array,
    isMessage: boolean
  ): Promise<Result<Staged<Uint8Array>, CryptoError>>
  /** Opens the sealed-sender layer. */
  open(own: OwnAccount, body: Uint8Array): Promise<Result<Opened, CryptoError>>
  /** Decrypts the inner message and takes off the padding; `undecryptable` carries what a retry request needs. */
  decrypt(own: OwnAccount, opened: Opened): Promise<Result<Staged<Uint8Array>, CryptoError>>
  /** Retry request for an opened message that did not decrypt, as sealed body for its sender (needs no session). */
  sealRetryRequest(
    own: OwnAccount,
    account: AccountId,
    device: DeviceInfo,
    opened: Opened,
    envelopeId: Uint8Array
  ): Promise<Uint8Array>
  /** Reads a retry request (`type` plaintext): archives the session it is about if it is still the current one. */
  acceptRetryRequest(
    opened: Opened
  ): Promise<Result<Staged<{ readonly envelopeId: Uint8Array }>, CryptoError>>

  /** Seals bytes (endpoints) under a profile key, and opens them. */
  sealEndpoint(profileKey: Uint8Array, plain: Uint8Array): Uint8Array
  openEndpoint(profileKey: Uint8Array, sealed: Uint8Array): Uint8Array | undefined
  /** Signal fingerprint over both account ids and keys. */
  safetyNumber(
    own: { account: AccountId; key: Uint8Array },
    other: { account: AccountId; key: Uint8Array }
  ): Promise<{ digits: string; scannable: Uint8Array }>
  /** Public halves of the device's Ed25519 keys, 32 bytes each. */
  publicKeys(own: OwnAccount): { readonly request: Uint8Array; readonly publish: Uint8Array }
  /** Ed25519 by the account's publish key, over `addDeviceSigningInput` of this device. */
  approveDevice(own: OwnAccount): Uint8Array
  /** Likewise over `removeDeviceSigningInput` of another device. */
  approveRemoval(own: OwnAccount, device: DeviceId): Uint8Array
  /** Ed25519 by the device's request key. */
  signRequest(own: OwnAccount, data: Uint8Array): Promise<Uint8Array>
  sha256(data: Uint8Array): Uint8Array
}
