import { ascii, be32, concat, wipe, type Bytes } from '../bytes.ts'
import { hkdfSha256 } from '../crypto/kdf.ts'
import {
  append,
  countOf,
  EMPTY_LIST,
  indexAt,
  keepNewest,
  takeEntry,
  type IndexedBytes,
  type PackedList,
} from '../proto/packed.ts'

/** Keys of one direction in one epoch; `next` is empty once this direction isn't used for sending any more. */
export type DirectionChain = { counter: number; next: Bytes; stored: PackedList }
export type EpochChains = {
  readonly epoch: number
  readonly send: DirectionChain
  readonly receive: DirectionChain
}

/** The symmetric chain (spec §5.7); a working copy that its functions change. */
export type SpqrChain = {
  /** Whether we send on A→B. */
  readonly isA: boolean
  epoch: number
  sendEpoch: number
  nextRoot: Bytes
  /** Kept epochs, oldest first. */
  epochs: EpochChains[]
}

const KEY_LENGTH = 32
/** How many keys back a late message may use (spec §13). */
const WINDOW = 2000
// spec §5.7: stored keys are trimmed when this many are held, a tenth more than the window needs.
const TRIM_AT = 2201
const START_INFO = ascii('Signal PQ Ratchet V1 Chain  Start')
const ADD_EPOCH_INFO = ascii('Signal PQ Ratchet V1 Chain Add Epoch')
const NEXT_INFO = ascii('Signal PQ Ratchet V1 Chain Next')

const direction = (next: Bytes): DirectionChain => ({ counter: 0, next, stored: EMPTY_LIST })

const splitEpoch = (out: Bytes, isA: boolean, epoch: number): { nextRoot: Bytes; chains: EpochChains } => {
  const nextRoot = out.slice(0, KEY_LENGTH)
  const aToB = direction(out.slice(KEY_LENGTH, 2 * KEY_LENGTH))
  const bToA = direction(out.slice(2 * KEY_LENGTH))
  wipe(out)
  return {
    nextRoot,
    chains: isA ? { epoch, send: aToB, receive: bToA } : { epoch, send: bToA, receive: aToB },
  }
}

/** The chain at the beginning of a session. */
export const startChain = (key: Uint8Array, isA: boolean): SpqrChain => {
  const { nextRoot, chains } = splitEpoch(hkdfSha256(null, key, START_INFO, 3 * KEY_LENGTH), isA, 0)
  return { isA, epoch: 0, sendEpoch: 0, nextRoot, epochs: [chains] }
}

/** Adds the secret of the next epoch; false when it isn't the next one. The secret is wiped. */
export const addEpoch = (chain: SpqrChain, epoch: number, secret: Uint8Array): boolean => {
  if (epoch !== chain.epoch + 1) return false
  const out = hkdfSha256(chain.nextRoot, secret, ADD_EPOCH_INFO, 3 * KEY_LENGTH)
  wipe(chain.nextRoot, secret)
  const { nextRoot, chains } = splitEpoch(out, chain.isA, epoch)
  chain.nextRoot = nextRoot
  chain.epoch = epoch
  chain.epochs.push(chains)
  return true
}

const step = (keys: DirectionChain): IndexedBytes => {
  keys.counter++
  const out = hkdfSha256(null, keys.next, concat(be32(keys.counter), NEXT_INFO), 2 * KEY_LENGTH)
  wipe(keys.next)
  keys.next = out.slice(0, KEY_LENGTH)
  const data = out.slice(KEY_LENGTH)
  wipe(out)
  return { index: keys.counter, data }
}

/** Zeroes the keys of an epoch. */
export const wipeEpoch = (chains: EpochChains): void => {
  wipe(chains.send.next, chains.receive.next, chains.receive.stored)
}

/** The next key for sending in `epoch`; `null` for an epoch that is over or not there yet. */
export const sendKey = (chain: SpqrChain, epoch: number): IndexedBytes | null => {
  if (epoch < chain.sendEpoch) return null
  const chains = chain.epochs.find((candidate) => candidate.epoch === epoch)
  if (!chains) return null
  if (epoch > chain.sendEpoch) {
    chain.sendEpoch = epoch
    for (const old of chain.epochs) {
      if (old.epoch < epoch - 1) wipeEpoch(old)
      if (old.epoch === epoch - 1) {
        wipe(old.send.next)
        old.send.next = new Uint8Array(0)
      }
    }
    chain.epochs = chain.epochs.filter((kept) => kept.epoch >= epoch - 1)
  }
  return step(chains.send)
}

/** How many of the stored keys, which are in order, have an index of `from` or more. */
const countFrom = (stored: PackedList, from: number): number => {
  let place = countOf(stored)
  while (place > 0 && indexAt(stored, place - 1) >= from) place--
  return countOf(stored) - place
}

/** Why a receiving key can't be had. */
export type ReceiveKeyFailure = 'unknown-epoch' | 'used' | 'trimmed' | 'jump'

/** The key of a received message; at most `maxJump` steps ahead. */
export const receiveKey = (
  chain: SpqrChain,
  epoch: number,
  index: number,
  maxJump: number
): Bytes | ReceiveKeyFailure => {
  const keys = chain.epochs.find((candidate) => candidate.epoch === epoch)?.receive
  if (!keys) return 'unknown-epoch'
  if (index === keys.counter) return 'used'
  if (index < keys.counter) {
    if (index + WINDOW < keys.counter) return 'trimmed'
    const taken = takeEntry(keys.stored, index)
    if (taken === null) return 'used'
    keys.stored = taken.rest
    return taken.data
  }
  if (index - keys.counter > maxJump) return 'jump'
  if (index > keys.counter + WINDOW) keys.stored = keepNewest(keys.stored, 0)
  const passed: IndexedBytes[] = []
  while (keys.counter < index - 1) {
    const key = step(keys)
    if (keys.counter + WINDOW >= index) passed.push(key)
    else wipe(key.data)
  }
  if (passed.length > 0) keys.stored = append(keys.stored, passed)
  wipe(...passed.map((key) => key.data))
  if (countOf(keys.stored) >= TRIM_AT)
    keys.stored = keepNewest(keys.stored, countFrom(keys.stored, keys.counter - WINDOW))
  return step(keys).data
}
