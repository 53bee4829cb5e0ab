import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { concatBytes, equalBytes, utf8 } from '../lib/bytes.ts'
import { err, ok, type Result } from '../lib/result.ts'
import { accountIdOf, isPublicKey } from './account.ts'
import {
  DeviceListSchema,
  SignedListChainSchema,
  type Device as DeviceMessage,
  type DeviceList as DeviceListMessage,
  type SignedList,
} from './gen/identity_pb.js'
import { parseDeviceId, type AccountId, type DeviceId } from './ids.ts'
import { LIMITS, PURPOSES } from './limits.ts'
import { isRelayOrigin } from './relay-origin.ts'
import { sha256 } from './sha256.ts'
import type { ListVersion } from './content.ts'

/** A device as the list gives it. Keys: identity 33 bytes, request 32 (Ed25519). */
export interface ListedDevice {
  readonly id: DeviceId
  readonly identityKey: Uint8Array
  readonly registrationId: number
  readonly requestKey: Uint8Array
}

/** A chain whose every link was checked; the fields are those of its newest revision. */
export interface CheckedChain {
  readonly account: AccountId
  readonly accountKey: Uint8Array
  readonly revision: number
  /** SHA-256 of the newest list, as it was signed. */
  readonly hash: Uint8Array
  /** Hashes of all revisions, by revision number. */
  readonly hashes: ReadonlyMap<number, Uint8Array>
  /** Signed by the account key itself rather than by a device. */
  readonly byAccountKey: boolean
  readonly devices: readonly ListedDevice[]
  readonly relays: readonly string[]
  readonly signedAt: number
  readonly chain: Uint8Array
}

export type DeviceListError = { readonly kind: 'list'; readonly reason: 'malformed' | 'bad-signature' | 'broken-chain' }

/** Verifies an XEdDSA signature by a Curve25519 key of 33 bytes. */
export type VerifySignature = (key: Uint8Array, data: Uint8Array, signature: Uint8Array) => Promise<boolean>

/** What the signature of a list covers. */
export const listSigningInput = (list: Uint8Array): Uint8Array => concatBytes(utf8(PURPOSES.deviceList), Uint8Array.of(0), list)

/** Serializes one revision, ready to be signed. */
export const encodeDeviceList = (list: {
  readonly accountKey: Uint8Array
  readonly revision: number
  readonly previousHash: Uint8Array
  readonly devices: readonly ListedDevice[]
  readonly relays: readonly string[]
  readonly signedAt: number
}): Uint8Array =>
  toBinary(
    DeviceListSchema,
    create(DeviceListSchema, {
      accountKey: list.accountKey,
      revision: BigInt(list.revision),
      previousHash: list.previousHash,
      devices: list.devices.map((device) => ({ ...device })),
      relays: [...list.relays],
      signedAt: BigInt(list.signedAt),
    })
  )

/** Appends a signed revision to a chain (empty for the first). Of more than 64 only the newest account-signed tail can be kept. */
export const appendToChain = (chain: Uint8Array, signed: { list: Uint8Array; signature: Uint8Array; signer: number }): Uint8Array => {
  const before = chain.length > 0 ? fromBinary(SignedListChainSchema, chain).lists : []
  return toBinary(SignedListChainSchema, create(SignedListChainSchema, { lists: [...before, signed] }))
}

/** Revision and hash of the newest list in a chain of ours or one that was verified. */
export const listVersion = (chain: Uint8Array): ListVersion => {
  const newest = fromBinary(SignedListChainSchema, chain).lists.at(-1)
  if (!newest) throw new TypeError('an empty device list chain')
  return { revision: Number(fromBinary(DeviceListSchema, newest.list).revision), hash: sha256(newest.list) }
}

/**
 * Checks a whole chain: the first revision is signed by the account key, each later one by a device of the revision before or by the
 * account key, revisions count up by one, hashes link them, and no device id comes back after it was removed.
 */
export const verifyListChain = async (chain: Uint8Array, verify: VerifySignature): Promise<Result<CheckedChain, DeviceListError>> => {
  const lists = parseChain(chain)
  if (!lists) return failed('malformed')
  const hashes = new Map<number, Uint8Array>()
  const used = new Set<number>()
  let previous: { list: DeviceListMessage; hash: Uint8Array } | undefined
  let signer = 0
  for (const signed of lists) {
    const list = parseList(signed)
    if (!list) return failed('malformed')
    if (!follows(list, previous, used)) return failed('broken-chain')
    signer = signed.signer
    const key = signer === 0 ? list.accountKey : previous?.list.devices.find((device) => device.id === signer)?.identityKey
    if (!key) return failed('broken-chain')
    if (!(await verify(key, listSigningInput(signed.list), signed.signature))) return failed('bad-signature')
    const hash = sha256(signed.list)
    hashes.set(Number(list.revision), hash)
    for (const device of list.devices) used.add(device.id)
    previous = { list, hash }
  }
  if (!previous) return failed('malformed')
  const { list, hash } = previous
  return ok({
    account: accountIdOf(list.accountKey),
    accountKey: list.accountKey,
    revision: Number(list.revision),
    hash,
    hashes,
    byAccountKey: signer === 0,
    devices: list.devices.map(listedDevice),
    relays: list.relays,
    signedAt: Number(list.signedAt),
    chain,
  })
}

/**
 * True when `next` may take the place of `known`. On the same chain: the higher revision. At a fork: an account-key signature beats all,
 * then the side with fewer devices (a removal beats an addition), then the higher revision, then the smaller hash; never an older one.
 */
export const mayReplace = (known: CheckedChain, next: CheckedChain): boolean => {
  if (known.account !== next.account) return false
  const shared = next.hashes.get(known.revision)
  if (shared && equalBytes(shared, known.hash)) return next.revision > known.revision
  const reverse = known.hashes.get(next.revision)
  if (reverse && equalBytes(reverse, next.hash)) return false
  if (next.byAccountKey !== known.byAccountKey) return next.byAccountKey && next.revision >= known.revision
  if (next.revision < known.revision) return false
  if (next.devices.length !== known.devices.length) return next.devices.length < known.devices.length
  if (next.revision !== known.revision) return next.revision > known.revision
  return compareBytes(next.hash, known.hash) < 0
}

const parseChain = (chain: Uint8Array): readonly SignedList[] | undefined => {
  if (chain.length === 0 || chain.length > LIMITS.listChainBytes) return undefined
  try {
    const { lists } = fromBinary(SignedListChainSchema, chain)
    return lists.length > 0 && lists.length <= LIMITS.listChain ? lists : undefined
  } catch {
    return undefined
  }
}

const parseList = (signed: SignedList): DeviceListMessage | undefined => {
  if (signed.signature.length !== 64) return undefined
  let list: DeviceListMessage
  try {
    list = fromBinary(DeviceListSchema, signed.list)
  } catch {
    return undefined
  }
  const ids = new Set(list.devices.map((device) => device.id))
  const fits =
    isPublicKey(list.accountKey) &&
    list.revision > 0n &&
    list.revision < BigInt(Number.MAX_SAFE_INTEGER) &&
    list.signedAt < BigInt(Number.MAX_SAFE_INTEGER) &&
    list.devices.length > 0 &&
    list.devices.length <= LIMITS.devices &&
    ids.size === list.devices.length &&
    list.devices.every(isDevice) &&
    list.relays.length > 0 &&
    list.relays.length <= LIMITS.relays &&
    list.relays.every(isRelayOrigin)
  return fits ? list : undefined
}

const isDevice = (device: DeviceMessage): boolean =>
  parseDeviceId(device.id) !== undefined &&
  isPublicKey(device.identityKey) &&
  device.registrationId > 0 &&
  device.registrationId <= 0x3fff &&
  device.requestKey.length === 32

const follows = (
  list: DeviceListMessage,
  previous: { readonly list: DeviceListMessage; readonly hash: Uint8Array } | undefined,
  used: ReadonlySet<number>
): boolean => {
  if (!previous) return list.revision === 1n ? list.previousHash.length === 0 : list.previousHash.length === 32
  const before = new Set(previous.list.devices.map((device) => device.id))
  return (
    equalBytes(list.accountKey, previous.list.accountKey) &&
    list.revision === previous.list.revision + 1n &&
    equalBytes(list.previousHash, previous.hash) &&
    list.devices.every((device) => before.has(device.id) || !used.has(device.id))
  )
}

const listedDevice = (device: DeviceMessage): ListedDevice => ({
  id: device.id as DeviceId,
  identityKey: device.identityKey,
  registrationId: device.registrationId,
  requestKey: device.requestKey,
})

const compareBytes = (a: Uint8Array, b: Uint8Array): number => {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

const failed = (reason: DeviceListError['reason']): Result<never, DeviceListError> => err({ kind: 'list', reason })
