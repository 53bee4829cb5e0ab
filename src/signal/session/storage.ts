import { wipe, type Bytes } from '../bytes.ts'
import { decode, decodeOwned, encode, message } from '../proto/wire.ts'
import { loadList, loadSpqr, saveSpqr } from '../spqr/storage.ts'
import { wipeSpqr } from '../spqr/spqr.ts'
import type { PendingPreKey, ReceivingChain, SendingChain, SessionState } from './state.ts'

/** Version of the layout below; older ones always load. */
const FORMAT_VERSION = 1
const SENDING = {
  publicKey: [1, 'bytes'],
  privateKey: [2, 'bytes'],
  key: [3, 'bytes'],
  index: [4, 'uint32'],
} as const
const RECEIVING = {
  ratchetKey: [1, 'bytes'],
  key: [2, 'bytes'],
  index: [3, 'uint32'],
  skipped: [4, 'bytes'],
} as const
const PENDING = {
  preKeyId: [1, 'uint32'],
  signedPreKeyId: [2, 'uint32'],
  baseKey: [3, 'bytes'],
  kyberPreKeyId: [4, 'uint32'],
  kyberCiphertext: [5, 'bytes'],
  timestamp: [6, 'uint64'],
} as const
const SESSION = {
  version: [1, 'uint32'],
  localIdentity: [2, 'bytes'],
  remoteIdentity: [3, 'bytes'],
  localRegistrationId: [4, 'uint32'],
  remoteRegistrationId: [5, 'uint32'],
  aliceBaseKey: [6, 'bytes'],
  rootKey: [7, 'bytes'],
  previousCounter: [8, 'uint32'],
  sending: [9, 'message'],
  receiving: [10, 'message[]'],
  pending: [11, 'message'],
  spqr: [12, 'message'],
  format: [100, 'uint32'],
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

const loadSending = (bytes: Bytes | undefined): SendingChain | null => {
  const chain = bytes && decodeOwned(SENDING, bytes)
  if (!chain?.publicKey || !chain.privateKey || !chain.key || chain.index === undefined) return null
  const pair = { publicKey: chain.publicKey, privateKey: chain.privateKey }
  return { pair, key: chain.key, index: chain.index }
}

const loadReceiving = (bytes: Bytes): ReceivingChain | null => {
  const chain = decodeOwned(RECEIVING, bytes)
  const skipped = loadList(chain?.skipped)
  if (!chain?.ratchetKey || !chain.key || chain.index === undefined || !skipped) return null
  return { ratchetKey: chain.ratchetKey, key: chain.key, index: chain.index, skipped }
}

const loadPending = (bytes: Bytes): PendingPreKey | null => {
  const pending = decodeOwned(PENDING, bytes)
  if (
    !pending?.baseKey ||
    !pending.kyberCiphertext ||
    pending.signedPreKeyId === undefined ||
    pending.kyberPreKeyId === undefined ||
    pending.timestamp === undefined
  )
    return null
  return {
    preKeyId: pending.preKeyId ?? null,
    signedPreKeyId: pending.signedPreKeyId,
    baseKey: pending.baseKey,
    kyberPreKeyId: pending.kyberPreKeyId,
    kyberCiphertext: pending.kyberCiphertext,
    timestamp: pending.timestamp,
  }
}

/** A session of its own from storage bytes; `null` when they aren't one of a known format. */
export const loadSession = (bytes: Uint8Array): SessionState | null => {
  const stored = decode(SESSION, bytes)
  if (!stored || stored.format === undefined || stored.format > FORMAT_VERSION) return null
  const sending = loadSending(stored.sending)
  const receiving = stored.receiving.map(loadReceiving)
  const pending = stored.pending ? loadPending(stored.pending) : undefined
  const spqr = loadSpqr(stored.spqr)
  const { version, localIdentity, remoteIdentity, aliceBaseKey, rootKey } = stored
  if (!sending || receiving.includes(null) || pending === null || !spqr || version === undefined) return null
  if (!localIdentity || !remoteIdentity || !aliceBaseKey || !rootKey) return null
  return {
    version,
    localIdentity,
    remoteIdentity,
    localRegistrationId: stored.localRegistrationId ?? 0,
    remoteRegistrationId: stored.remoteRegistrationId ?? 0,
    aliceBaseKey,
    rootKey,
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
