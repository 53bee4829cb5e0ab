import { wipe, type Bytes } from '../bytes.ts'
import { CURVE_KEY_LENGTH } from '../crypto/curve.ts'
import { CURVE_KEY_TYPE, PUBLIC_KEY_LENGTH } from '../keys/ec.ts'
import { append, EMPTY_LIST, isPackedList, type IndexedBytes, type PackedList } from '../proto/packed.ts'
import { decode, decodeOwned, encode, message } from '../proto/wire.ts'

/** One chain of a sender (spec §9). */
export type SenderKeyState = {
  readonly chainId: number
  iteration: number
  chainKey: Bytes
  /** 33 bytes. */
  readonly signingPublic: Bytes
  /** 32 bytes; only in our own chains. */
  readonly signingPrivate: Bytes | undefined
  /** Seeds by iteration, newest last. */
  skipped: PackedList
}

/** Version of the layout below; version 1 had a message for each skipped seed. */
const FORMAT_VERSION = 2
const SEED_LENGTH = 32
const RECORD = { states: [1, 'message[]'], version: [100, 'uint32', 'required'] } as const
const STATE = {
  chainId: [1, 'uint32', 'required'],
  iteration: [2, 'uint32', 'required'],
  chainKey: [3, 'bytes', SEED_LENGTH],
  signingPublic: [4, 'bytes', PUBLIC_KEY_LENGTH],
  signingPrivate: [5, 'bytes'],
  skippedOfVersion1: [6, 'message[]'],
  skipped: [7, 'bytes'],
} as const
const SKIPPED = { iteration: [1, 'uint32', 'required'], seed: [2, 'bytes', SEED_LENGTH] } as const

const parseSkipped = (stored: Bytes | undefined, ofVersion1: readonly Bytes[]): PackedList | null => {
  if (stored) return isPackedList(stored) ? stored : null
  const entries: IndexedBytes[] = []
  for (const item of ofVersion1) {
    const entry = decodeOwned(SKIPPED, item)
    if (!entry) return null
    entries.push({ index: entry.iteration, data: entry.seed })
  }
  return append(EMPTY_LIST, entries)
}

const parseState = (bytes: Bytes): SenderKeyState | null => {
  const state = decodeOwned(STATE, bytes)
  if (
    state?.signingPublic[0] !== CURVE_KEY_TYPE ||
    (state.signingPrivate && state.signingPrivate.length !== CURVE_KEY_LENGTH)
  )
    return null
  const skipped = parseSkipped(state.skipped, state.skippedOfVersion1)
  if (skipped === null) return null
  const { chainId, iteration, chainKey, signingPublic, signingPrivate } = state
  return { chainId, iteration, chainKey, signingPublic, signingPrivate, skipped }
}

/** The states in a record, newest first; `null` when the bytes aren't a record of a known version. */
export const parseSenderKeyStates = (bytes: Uint8Array): SenderKeyState[] | null => {
  const record = decode(RECORD, bytes)
  if (record === null || record.version > FORMAT_VERSION) return null
  const states: SenderKeyState[] = []
  for (const item of record.states) {
    const state = parseState(item)
    if (state === null) return null
    states.push(state)
  }
  return states
}

/** A record of the given states. */
export const serializeSenderKeyStates = (states: readonly SenderKeyState[]): Bytes =>
  encode(RECORD, {
    states: states.map((state) => message(STATE, state)),
    version: FORMAT_VERSION,
  })

/** Zeroes the secrets of working copies. */
export const wipeSenderKeyStates = (states: readonly SenderKeyState[]): void => {
  for (const state of states) wipe(state.chainKey, state.signingPrivate, state.skipped)
}
