import { wipe, type Bytes } from '../bytes.ts'
import { initialAuthenticator } from './authenticator.ts'
import { addEpoch, receiveKey, sendKey, startChain, wipeEpoch } from './chain.ts'
import { encodeSpqrMessage, parseSpqrMessage } from './message.ts'
import { braidReceive, waitForHeader } from './receive.ts'
import { braidSend, type RandomSource } from './send.ts'
import type { Spqr } from './storage.ts'

/** A new instance from the key of PQXDH; the initiator is A (spec §5.5). */
export const startSpqr = (key: Uint8Array, isA: boolean): Spqr => {
  const auth = initialAuthenticator(key)
  return {
    braid: isA ? { tag: 'KeysUnsampled', epoch: 1, auth } : waitForHeader(1, auth),
    chain: startChain(key, isA),
  }
}

/** The bytes and the key for the next message (spec §5.8); changes `spqr`. `null` when its state is inconsistent. */
export const spqrSend = (
  spqr: Spqr,
  random: RandomSource
): { readonly message: Bytes; readonly key: Bytes } | null => {
  const { state, epoch, payload, secret } = braidSend(spqr.braid, random)
  spqr.braid = state
  if (secret && !addEpoch(spqr.chain, secret.epoch, secret.secret)) return null
  const key = sendKey(spqr.chain, epoch - 1)
  if (key === null) return null
  return { message: encodeSpqrMessage({ epoch, index: key.index, payload }), key: key.data }
}

/**
 * The key of a received message (spec §5.8); changes `spqr`, which must be a copy until the message is authenticated.
 * `jump`: too far ahead; `null`: anything else that is wrong, an absent message included.
 */
export const spqrReceive = (spqr: Spqr, bytes: Uint8Array, maxJump: number): Bytes | 'jump' | null => {
  const message = parseSpqrMessage(bytes)
  if (message === null) return null
  const result = braidReceive(spqr.braid, message.epoch, message.payload)
  if (result === null) return null
  spqr.braid = result.state
  if (result.secret && !addEpoch(spqr.chain, result.secret.epoch, result.secret.secret)) return null
  const key = receiveKey(spqr.chain, message.epoch - 1, message.index, maxJump)
  if (typeof key !== 'string') return key
  return key === 'jump' ? key : null
}

/** Zeroes the chain's secrets in a working copy. */
export const wipeSpqr = (spqr: Spqr): void => {
  const { auth } = spqr.braid
  wipe(auth.root, auth.mac, spqr.chain.nextRoot)
  if ('dk' in spqr.braid) wipe(spqr.braid.dk)
  if ('message' in spqr.braid) wipe(spqr.braid.message)
  spqr.chain.epochs.forEach(wipeEpoch)
}
