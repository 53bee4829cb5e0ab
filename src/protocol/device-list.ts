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
import { NOTHING_UNKNOWN } from './nothing-unknown.ts'
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
  readonly devices: readonly ListedDevice[]
  readonly relays: readonly string[]
  readonly signedAt: number
  readonly chain: Uint8Array
}

export type DeviceListError = {
  readonly kind: 'list'
  readonly reason: 'malformed' | 'bad-signature' | 'broken-chain'
}

/** Number under which the account key signs; devices sign as themselves. */
export const ACCOUNT_SIGNER = 0

/** Verifies an XEdDSA signature by a Curve25519 key of 33 bytes. */
export type VerifySignature = (key: Uint8Array, data: Uint8Array, signature: Uint8Array) => Promise<boolean>

/** What the signature of a list covers. */
export const listSigningInput = (list: Uint8Array): Uint8Array =>
  concatBytes(utf8(PURPOSES.deviceList), Uint8Array.of(0), list)

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

/** One signed revision: the list's bytes, the signature over `listSigningInput` of them, and who made it. */
export interface SignedRevision {
  readonly list: Uint8Array
  readonly signature: Uint8Array
  readonly signer: number
}

/** A chain that begins with this revision, which the account key has to have signed. */
export const startChain = (signed: SignedRevision): Uint8Array =>
  toBinary(SignedListChainSchema, create(SignedListChainSchema, { lists: [signed] }))

/** Appends a revision to a chain of ours; undefined when it, with the mark of its padding, would be longer than a record holds. */
export const appendToChain = (chain: Uint8Array, signed: SignedRevision): Uint8Array | undefined => {
  // What a later version may have added to a signed list goes on with it.
  const lists = [...fromBinary(SignedListChainSchema, chain, { readUnknownFields: true }).lists, signed]
  const longer = toBinary(SignedListChainSchema, create(SignedListChainSchema, { lists }))
  return lists.length <= LIMITS.listChain && longer.length < LIMITS.listChainBytes ? longer : undefined
}

const listsOf = (chain: Uint8Array): readonly SignedList[] =>
  fromBinary(SignedListChainSchema, chain, NOTHING_UNKNOWN).lists
const readList = ({ list }: SignedList): DeviceListMessage =>
  fromBinary(DeviceListSchema, list, NOTHING_UNKNOWN)

const newestOf = (chain: Uint8Array): { readonly list: DeviceListMessage; readonly hash: Uint8Array } => {
  const newest = listsOf(chain).at(-1)
  if (!newest) throw new TypeError('an empty device list chain')
  return { list: readList(newest), hash: sha256(newest.list) }
}

/** Revision and hash of the newest list in a chain of ours or one that was verified. */
export const listVersion = (chain: Uint8Array): ListVersion => {
  const { list, hash } = newestOf(chain)
  return { revision: Number(list.revision), hash }
}

/** A number that no device in a chain has or had; undefined when none is left. */
export const unusedDevice = (chain: Uint8Array): DeviceId | undefined => {
  const used = listsOf(chain).flatMap((signed) => readList(signed).devices.map(({ id }) => id))
  return parseDeviceId(Math.max(0, ...used) + 1)
}

/** Devices that a chain has had and that its newest list no longer names. */
export const formerDevices = (chain: Uint8Array): readonly DeviceId[] => {
  const used = new Set(listsOf(chain).flatMap((signed) => readList(signed).devices.map(({ id }) => id)))
  for (const { id } of newestOf(chain).list.devices) used.delete(id)
  return [...used].flatMap((id) => parseDeviceId(id) ?? [])
}

/** The devices of the newest list in a chain of ours or one that was verified. */
export const listedDevices = (chain: Uint8Array): readonly ListedDevice[] =>
  newestOf(chain).list.devices.map(listedDevice)

/**
 * Checks a whole chain: the first revision is signed by the account key, each later one by a device of the revision before or by the
 * account key, revisions count up by one, hashes link them, and no device id comes back after it was removed.
 */
export const verifyListChain = async (
  chain: Uint8Array,
  verify: VerifySignature
): Promise<Result<CheckedChain, DeviceListError>> => {
  const lists = parseChain(chain)
  if (!lists) return failed('malformed')
  const used = new Set<number>()
  let previous: { list: DeviceListMessage; hash: Uint8Array } | undefined
  for (const signed of lists) {
    const list = parseList(signed)
    if (!list) return failed('malformed')
    if (!follows(list, previous, used)) return failed('broken-chain')
    const { signer } = signed
    const key =
      signer === ACCOUNT_SIGNER
        ? list.accountKey
        : previous?.list.devices.find((device) => device.id === signer)?.identityKey
    if (!key) return failed('broken-chain')
    if (!(await verify(key, listSigningInput(signed.list), signed.signature))) return failed('bad-signature')
    const hash = sha256(signed.list)
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
    devices: list.devices.map(listedDevice),
    relays: list.relays,
    signedAt: Number(list.signedAt),
    chain,
  })
}

const parseChain = (chain: Uint8Array): readonly SignedList[] | undefined => {
  if (chain.length === 0 || chain.length > LIMITS.listChainBytes) return undefined
  try {
    const lists = listsOf(chain)
    return lists.length > 0 && lists.length <= LIMITS.listChain ? lists : undefined
  } catch {
    return undefined
  }
}

const parseList = (signed: SignedList): DeviceListMessage | undefined => {
  if (signed.signature.length !== 64) return undefined
  let list: DeviceListMessage
  try {
    list = readList(signed)
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
  if (!previous)
    return list.revision === 1n ? list.previousHash.length === 0 : list.previousHash.length === 32
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

const failed = (reason: DeviceListError['reason']): Result<never, DeviceListError> =>
  err({ kind: 'list', reason })
