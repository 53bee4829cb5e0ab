import type { Bytes } from '../bytes.ts'
import { EMPTY_LIST, isPackedList, type PackedList } from '../proto/packed.ts'
import { decodeOwned, message, type Decoded, type Message } from '../proto/wire.ts'
import type { DirectionChain, EpochChains, SpqrChain } from './chain.ts'
import type { Decoder, Encoder } from './erasure.ts'
import { BRAID_TAGS, type BraidState } from './states.ts'

/** One SPQR instance of a session. */
export type Spqr = { braid: BraidState; readonly chain: SpqrChain }

const ENCODER = { data: [1, 'bytes', 'required'], counter: [2, 'uint32', 'required'] } as const
const DECODER = { length: [1, 'uint32', 'required'], chunks: [2, 'bytes'] } as const
const BRAID = {
  tag: [1, 'uint32', 'required'],
  epoch: [2, 'uint64', 'required'],
  authRoot: [3, 'bytes', 'required'],
  authMac: [4, 'bytes', 'required'],
  ek: [5, 'bytes'],
  dk: [6, 'bytes'],
  header: [7, 'bytes'],
  message: [8, 'bytes'],
  ct1: [9, 'bytes'],
  tx: [10, 'message'],
  rx: [11, 'message'],
} as const
const DIRECTION = {
  counter: [1, 'uint32', 'required'],
  next: [2, 'bytes', 'required'],
  stored: [3, 'bytes'],
} as const
const EPOCH = {
  epoch: [1, 'uint64', 'required'],
  send: [2, 'message', 'required'],
  receive: [3, 'message', 'required'],
} as const
const CHAIN = {
  isA: [1, 'uint32', 'required'],
  epoch: [2, 'uint64', 'required'],
  sendEpoch: [3, 'uint64', 'required'],
  nextRoot: [4, 'bytes', 'required'],
  epochs: [5, 'message[]'],
} as const
const SPQR = { braid: [1, 'message', 'required'], chain: [2, 'message', 'required'] } as const

// What each state holds beside epoch and authenticator; loading refuses a state without all of it.
const FIELDS: Readonly<
  Record<BraidState['tag'], readonly ('ek' | 'dk' | 'header' | 'message' | 'ct1' | 'tx' | 'rx')[]>
> = {
  KeysUnsampled: [],
  KeysSampled: ['ek', 'dk', 'tx'],
  HeaderSent: ['dk', 'tx', 'rx'],
  Ct1Received: ['dk', 'ct1', 'tx'],
  EkSentCt1Received: ['dk', 'ct1', 'rx'],
  NoHeaderReceived: ['rx'],
  HeaderReceived: ['header', 'rx'],
  Ct1Sampled: ['header', 'message', 'ct1', 'tx', 'rx'],
  EkReceivedCt1Sampled: ['header', 'message', 'ct1', 'ek', 'tx'],
  Ct1Acknowledged: ['header', 'message', 'ct1', 'rx'],
  Ct2Sampled: ['tx'],
}

const saveBraid = (state: BraidState): Message => {
  const fields = state as Partial<Record<'ek' | 'dk' | 'header' | 'message' | 'ct1', Bytes>> & {
    tx?: Encoder
    rx?: Decoder
  }
  return message(BRAID, {
    tag: BRAID_TAGS.indexOf(state.tag),
    epoch: state.epoch,
    authRoot: state.auth.root,
    authMac: state.auth.mac,
    ek: fields.ek,
    dk: fields.dk,
    header: fields.header,
    message: fields.message,
    ct1: fields.ct1,
    tx: fields.tx && message(ENCODER, fields.tx),
    rx: fields.rx && message(DECODER, fields.rx),
  })
}

/** A stored list; an absent one is empty, `null` is none at all. */
export const loadList = (bytes: Bytes | undefined): PackedList | null =>
  bytes === undefined || isPackedList(bytes) ? (bytes ?? EMPTY_LIST) : null

const loadTransfers = (
  stored: Decoded<typeof BRAID>
): { tx: Encoder | undefined; rx: Decoder | undefined } => {
  const tx = stored.tx && decodeOwned(ENCODER, stored.tx)
  const rx = stored.rx && decodeOwned(DECODER, stored.rx)
  const chunks = loadList(rx?.chunks)
  return {
    tx: tx ?? undefined,
    rx: rx && chunks ? { length: rx.length, chunks } : undefined,
  }
}

const loadBraid = (bytes: Bytes): BraidState | null => {
  const stored = decodeOwned(BRAID, bytes)
  const tag = stored && BRAID_TAGS[stored.tag]
  if (!tag) return null
  const all: Record<string, unknown> = { ...stored, ...loadTransfers(stored) }
  const state: Record<string, unknown> = {
    tag,
    epoch: stored.epoch,
    auth: { root: stored.authRoot, mac: stored.authMac },
  }
  for (const field of FIELDS[tag]) {
    if (all[field] === undefined) return null
    state[field] = all[field]
  }
  return state as BraidState
}

const loadDirection = (bytes: Bytes): DirectionChain | null => {
  const chain = decodeOwned(DIRECTION, bytes)
  const stored = loadList(chain?.stored)
  return chain && stored && { ...chain, stored }
}

const saveChain = (chain: SpqrChain): Message =>
  message(CHAIN, {
    isA: chain.isA ? 1 : 0,
    epoch: chain.epoch,
    sendEpoch: chain.sendEpoch,
    nextRoot: chain.nextRoot,
    epochs: chain.epochs.map((kept) =>
      message(EPOCH, {
        epoch: kept.epoch,
        send: message(DIRECTION, kept.send),
        receive: message(DIRECTION, kept.receive),
      })
    ),
  })

const loadEpoch = (bytes: Bytes): EpochChains | null => {
  const stored = decodeOwned(EPOCH, bytes)
  const send = stored && loadDirection(stored.send)
  const receive = stored && loadDirection(stored.receive)
  return send && receive && { epoch: stored.epoch, send, receive }
}

const loadChain = (bytes: Bytes): SpqrChain | null => {
  const stored = decodeOwned(CHAIN, bytes)
  if (!stored) return null
  const epochs: EpochChains[] = []
  for (const item of stored.epochs) {
    const epoch = loadEpoch(item)
    if (!epoch) return null
    epochs.push(epoch)
  }
  return { ...stored, isA: stored.isA === 1, epochs }
}

/** An instance as it is stored. */
export const saveSpqr = (spqr: Spqr): Message =>
  message(SPQR, { braid: saveBraid(spqr.braid), chain: saveChain(spqr.chain) })

/** The instance in storage bytes, which become its own; `null` when they aren't one. */
export const loadSpqr = (bytes: Bytes): Spqr | null => {
  const stored = decodeOwned(SPQR, bytes)
  const braid = stored && loadBraid(stored.braid)
  const chain = stored && loadChain(stored.chain)
  return braid && chain ? { braid, chain } : null
}
