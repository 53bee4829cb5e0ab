import { fromBinary } from '@bufbuild/protobuf'
import { equalBytes } from '../lib/bytes.ts'
import { DeviceListSchema, SignedListChainSchema } from './gen/identity_pb.js'
import { NOTHING_UNKNOWN } from './nothing-unknown.ts'
import { sha256 } from './sha256.ts'

/**
 * How a chain stands to the one that is known: `newer` goes on from it; `rolled-back` is an older state of it, or the lower side of a
 * fork; `wins` and `loses` are the sides of a fork; `foreign` belongs to another account.
 */
export type ChainRelation = 'same' | 'newer' | 'rolled-back' | 'wins' | 'loses' | 'foreign'

interface Link {
  readonly revision: number
  readonly hash: Uint8Array
  readonly previousHash: Uint8Array
  readonly devices: ReadonlySet<number>
  readonly byAccountKey: boolean
}

interface History {
  readonly accountKey: Uint8Array
  readonly links: ReadonlyMap<number, Link>
  readonly first: Link
  readonly newest: Link
}

/** Compares two chains that were both verified (bytes of SignedListChain). */
export const compareChains = (known: Uint8Array, next: Uint8Array): ChainRelation => {
  const [ours, theirs] = [historyOf(known), historyOf(next)]
  if (!equalBytes(ours.accountKey, theirs.accountKey)) return 'foreign'
  const common = lastCommon(ours, theirs)
  if (common === ours.newest.revision) return theirs.newest.revision > common ? 'newer' : 'same'
  if (common === theirs.newest.revision) return 'rolled-back'
  // The highest revision ever seen is never given up, whoever signed the lower one.
  if (theirs.newest.revision < ours.newest.revision) return 'rolled-back'
  return prefers(sideOf(theirs, ours, common), sideOf(ours, theirs, common)) ? 'wins' : 'loses'
}

/** True when `next` may take the place of `known`; both were verified. */
export const mayReplace = (known: Uint8Array, next: Uint8Array): boolean => {
  const relation = compareChains(known, next)
  return relation === 'newer' || relation === 'wins'
}

const historyOf = (chain: Uint8Array): History => {
  const lists = fromBinary(SignedListChainSchema, chain, NOTHING_UNKNOWN).lists.map((signed) => ({
    message: fromBinary(DeviceListSchema, signed.list, NOTHING_UNKNOWN),
    hash: sha256(signed.list),
    byAccountKey: signed.signer === 0,
  }))
  const links = lists.map(({ message, hash, byAccountKey }): Link => {
    const devices = new Set(message.devices.map((device) => device.id))
    return {
      revision: Number(message.revision),
      hash,
      previousHash: message.previousHash,
      devices,
      byAccountKey,
    }
  })
  const [head, first, newest] = [lists[0], links[0], links.at(-1)]
  if (!head || !first || !newest) throw new TypeError('an empty device list chain')
  return {
    accountKey: head.message.accountKey,
    links: new Map(links.map((link) => [link.revision, link])),
    first,
    newest,
  }
}

/** The highest revision that both chains agree on, also where one begins with the successor of it; 0 when there is none. */
const lastCommon = (a: History, b: History): number => {
  for (let revision = Math.min(a.newest.revision, b.newest.revision); revision > 0; revision--) {
    const [x, y] = [hashAt(a, revision), hashAt(b, revision)]
    if (x && y && equalBytes(x, y)) return revision
  }
  return 0
}

/** A chain that was cut still names the hash of the revision before its first. */
const hashAt = (history: History, revision: number): Uint8Array | undefined =>
  revision === history.first.revision - 1 ? history.first.previousHash : history.links.get(revision)?.hash

interface Side {
  readonly byAccountKey: boolean
  readonly removed: number
  readonly added: number
  readonly newest: Link
}

/** What a chain did after the fork, measured against the devices both sides had. */
const sideOf = (history: History, other: History, common: number): Side => {
  const base = (history.links.get(common) ?? other.links.get(common))?.devices ?? new Set<number>()
  const after = [...history.links.values()].filter((link) => link.revision > common)
  return {
    // Anywhere after the fork: a renewal by a device must not make a recovery weaker.
    byAccountKey: after.some((link) => link.byAccountKey),
    removed: [...base].filter((id) => !history.newest.devices.has(id)).length,
    added: [...history.newest.devices].filter((id) => !base.has(id)).length,
    newest: history.newest,
  }
}

/**
 * Architecture §4: an account-key signature beats all, then removals beat additions, then the higher revision, then the smaller hash,
 * so that everybody who has seen both sides of equal length keeps the same one.
 */
const prefers = (a: Side, b: Side): boolean => {
  if (a.byAccountKey !== b.byAccountKey) return a.byAccountKey
  if (a.removed !== b.removed) return a.removed > b.removed
  if (a.added !== b.added) return a.added < b.added
  if (a.newest.revision !== b.newest.revision) return a.newest.revision > b.newest.revision
  return isSmaller(a.newest.hash, b.newest.hash)
}

const isSmaller = (a: Uint8Array, b: Uint8Array): boolean => {
  const at = a.findIndex((byte, index) => byte !== b[index])
  return at >= 0 && a[at]! < b[at]!
}
