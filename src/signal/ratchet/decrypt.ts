import { equalBytes, wipe, type Bytes } from '../bytes.ts'
import { cbcDecrypt } from '../crypto/ciphers.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { PublicKey } from '../keys/ec.ts'
import type { SignalMessage } from '../messages/signal-message.ts'
import type { ReceivingChain, SessionState } from '../session/state.ts'
import { append, EMPTY_LIST, keepNewest, takeEntry, type IndexedBytes } from '../proto/packed.ts'
import { spqrReceive } from '../spqr/spqr.ts'
import { deriveMessageKeys, deriveRoot, stepChain, wipeMessageKeys } from './kdf.ts'

/** Receiving chains kept (spec §4.1). */
const MAX_RECEIVING_CHAINS = 5
/** Skipped seeds kept per chain. */
const MAX_SKIPPED = 2000

/** Why a session can't decrypt a message: a duplicate, too far ahead, or anything else (spec §15: not said which). */
export type RatchetFailure = 'duplicate' | 'jump' | 'undecryptable'

export type RatchetDecryptInput = {
  readonly message: SignalMessage
  readonly provider: CryptoProvider
  readonly maxJump: number
  /** What the addresses field must hold if it is there; `null` when our names aren't service ids. */
  readonly expectedAddresses: Bytes | null
}

const ratchetStep = async (
  state: SessionState,
  ratchetKey: Bytes,
  provider: CryptoProvider
): Promise<ReceivingChain | null> => {
  const { pair } = state.sending
  const step = await provider.ratchet(pair.privateKey, ratchetKey)
  if (step === null) return null
  const received = deriveRoot(state.rootKey, step.received)
  const sent = deriveRoot(received.root, step.sent)
  wipe(state.rootKey, received.root, pair.privateKey, state.sending.key)
  state.previousCounter = Math.max(state.sending.index - 1, 0)
  state.rootKey = sent.root
  state.sending = { pair: step.pair, key: sent.chain, index: 0 }
  const chain = { ratchetKey, key: received.chain, index: 0, skipped: EMPTY_LIST }
  state.receiving.push(chain)
  for (const old of state.receiving.splice(0, state.receiving.length - MAX_RECEIVING_CHAINS))
    wipe(old.key, old.skipped)
  return chain
}

const takeSeed = (chain: ReceivingChain, counter: number, maxJump: number): Bytes | RatchetFailure => {
  if (counter < chain.index) {
    const taken = takeEntry(chain.skipped, counter)
    if (taken === null) return 'duplicate'
    chain.skipped = taken.rest
    return taken.data
  }
  if (counter - chain.index > maxJump) return 'jump'
  const passed: IndexedBytes[] = []
  while (chain.index < counter) {
    const { seed, next } = stepChain(chain.key)
    chain.key = next
    // A seed that would fall out again before the end isn't kept at all (spec §15).
    if (counter - chain.index <= MAX_SKIPPED) passed.push({ index: chain.index, data: seed })
    else wipe(seed)
    chain.index++
  }
  if (passed.length > 0) chain.skipped = keepNewest(append(chain.skipped, passed), MAX_SKIPPED)
  wipe(...passed.map((entry) => entry.data))
  const { seed, next } = stepChain(chain.key)
  chain.key = next
  chain.index++
  return seed
}

const addressesAgree = (message: SignalMessage, expected: Bytes | null): boolean => {
  const addresses = message.addresses()
  return addresses === undefined || (expected !== null && equalBytes(addresses, expected))
}

/** Decrypts one message (spec §4.3, §6). Changes `state`, which must be a copy: it is of no use after a failure. */
export const ratchetDecrypt = async (
  state: SessionState,
  input: RatchetDecryptInput
): Promise<Bytes | RatchetFailure> => {
  const { message, provider, maxJump } = input
  const ratchetKey = message.senderRatchetKey().getPublicKeyBytes()
  const known = state.receiving.find((chain) => equalBytes(chain.ratchetKey, ratchetKey))
  // A new chain begins at zero: what is too far ahead on it needs no key agreement to be refused.
  if (!known && message.counter() > maxJump) return 'jump'
  const chain = known ?? (await ratchetStep(state, ratchetKey, provider))
  if (!chain) return 'undecryptable'
  const seed = takeSeed(chain, message.counter(), maxJump)
  if (typeof seed === 'string') return seed
  const pqKey = spqrReceive(state.spqr, message.pqRatchet(), maxJump)
  if (pqKey === null || pqKey === 'jump') return pqKey ?? 'undecryptable'
  const keys = deriveMessageKeys(seed, pqKey)
  const sender = PublicKey.deserialize(state.remoteIdentity)
  const isAuthentic = message.verifyMac(keys.mac, sender, PublicKey.deserialize(state.localIdentity))
  const isForUs = isAuthentic && addressesAgree(message, input.expectedAddresses)
  const plaintext = isForUs ? cbcDecrypt(keys.cipher, keys.iv, message.body()) : null
  wipeMessageKeys(keys)
  if (plaintext === null) return 'undecryptable'
  state.pending = null
  return plaintext
}
