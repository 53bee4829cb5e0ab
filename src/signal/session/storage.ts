import { wipe, type Bytes } from '../bytes.ts'
import { decode, decodeOwned, encode, message } from '../proto/wire.ts'
import { loadList, loadSpqr, saveSpqr } from '../spqr/storage.ts'
import { wipeSpqr } from '../spqr/spqr.ts'
import type { PendingPreKey, ReceivingChain, SendingChain, SessionState } from './state.ts'

/** Version of the layout below; older ones always load. */
const FORMAT_VERSION = 1
const SENDING = {
  publicKey: [1, 'bytes', 'required'],
  privateKey: [2, 'bytes', 'required'],
  key: [3, 'bytes', 'required'],
  index: [4, 'uint32', 'required'],
} as const
const RECEIVING = {
  ratchetKey: [1, 'bytes', 'required'],
  key: [2, 'bytes', 'required'],
  index: [3, 'uint32', 'required'],
  skipped: [4, 'bytes'],
} as const
const PENDING = {
  preKeyId: [1, 'uint32'],
  signedPreKeyId: [2, 'uint32', 'required'],
  baseKey: [3, 'bytes', 'required'],
  kyberPreKeyId: [4, 'uint32', 'required'],
  kyberCiphertext: [5, 'bytes', 'required'],
  timestamp: [6, 'uint64', 'required'],
} as const
const SESSION = {
  version: [1, 'uint32', 'required'],
  localIdentity: [2, 'bytes', 'required'],
  remoteIdentity: [3, 'bytes', 'required'],
  localRegistrationId: [4, 'uint32'],
  remoteRegistrationId: [5, 'uint32'],
  aliceBaseKey: [6, 'bytes', 'required'],
  rootKey: [7, 'bytes', 'required'],
  previousCounter: [8, 'uint32'],
  sending: [9, 'message', 'required'],
  receiving: [10, 'message[]'],
  pending: [11, 'message'],
  spqr: [12, 'message', 'required'],
  format: [100, 'uint32', 'required'],
} as const

/** Storage bytes of a session. */
export const saveSession = (state: SessionState): Bytes =>
  encode(SESSION, {
    ...state,
    sending: message(SENDING, { ...state.sending.pair, key: state.sending.key, index: state.sending.index }),
    receiving: state.receiving.map((chain) => message(RECEIVING, chain)),
    pending: state.pending
      ? message(PENDING, { ...state.pending, preKeyId: state.pending.preKeyId ?? undefined })
      : undefined,
    spqr: saveSpqr(state.spqr),
    format: FORMAT_VERSION,
  })

const loadSending = (bytes: Bytes): SendingChain | null => {
  const chain = decodeOwned(SENDING, bytes)
  if (!chain) return null
  const { publicKey, privateKey, key, index } = chain
  return { pair: { publicKey, privateKey }, key, index }
}

const loadReceiving = (bytes: Bytes): ReceivingChain | null => {
  const chain = decodeOwned(RECEIVING, bytes)
  const skipped = loadList(chain?.skipped)
  return chain && skipped && { ...chain, skipped }
}

const loadPending = (bytes: Bytes): PendingPreKey | null => {
  const pending = decodeOwned(PENDING, bytes)
  return pending && { ...pending, preKeyId: pending.preKeyId ?? null }
}

/** A session of its own from storage bytes; `null` when they aren't one of a known format. */
export const loadSession = (bytes: Uint8Array): SessionState | null => {
  const stored = decode(SESSION, bytes)
  if (!stored || stored.format > FORMAT_VERSION) return null
  const sending = loadSending(stored.sending)
  const receiving = stored.receiving.map(loadReceiving)
  const pending = stored.pending ? loadPending(stored.pending) : undefined
  const spqr = loadSpqr(stored.spqr)
  if (!sending || receiving.includes(null) || pending === null || !spqr) return null
  return {
    ...stored,
    localRegistrationId: stored.localRegistrationId ?? 0,
    remoteRegistrationId: stored.remoteRegistrationId ?? 0,
    previousCounter: stored.previousCounter ?? 0,
    sending,
    receiving: receiving as ReceivingChain[],
    pending: pending ?? null,
    spqr,
  }
}

/** Zeroes the secrets of a working copy. */
export const wipeSession = (state: SessionState): void => {
  wipe(state.rootKey, state.sending.key, state.sending.pair.privateKey)
  for (const chain of state.receiving) wipe(chain.key, chain.skipped)
  wipeSpqr(state.spqr)
}
