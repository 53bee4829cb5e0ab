import type { ProtocolAddress } from '../address/protocol-address.ts'
import type { Uuid } from '../address/uuid.ts'
import { ascii, concat, wipe, type Bytes } from '../bytes.ts'
import { cbcDecrypt, cbcEncrypt } from '../crypto/ciphers.ts'
import { hkdfSha256, hmacPair } from '../crypto/kdf.ts'
import { signalError } from '../errors.ts'
import { PrivateKey, PublicKey } from '../keys/ec.ts'
import { mutexOf } from '../locks.ts'
import { CiphertextMessage, CiphertextMessageType } from '../messages/ciphertext-message.ts'
import { SENDER_KEY_VERSION } from '../messages/versions.ts'
import { resolveOptions, type SignalOptions } from '../options.ts'
import { append, EMPTY_LIST, keepNewest, takeEntry, type IndexedBytes } from '../proto/packed.ts'
import type { SenderKeyStore } from '../stores/stores.ts'
import { SenderKeyMessage, type SenderKeyDistributionMessage } from './messages.ts'
import { loadSenderKeyStates, saveSenderKeyStates, senderKeyLock } from './own-chain.ts'
import { wipeSenderKeyStates, type SenderKeyState } from './state.ts'

/** How many chains of a sender are kept (spec §9). */
const MAX_STATES = 5
/** How many skipped seeds a chain keeps. */
const MAX_SKIPPED = 2000
const SEED_LABEL = Uint8Array.of(1)
const CHAIN_LABEL = Uint8Array.of(2)
const KEYS_INFO = ascii('WhisperGroup')
const IV_LENGTH = 16
const KEYS_LENGTH = 48

const missing = (distributionId: Uuid, operation: string): Error =>
  signalError(
    'sender-key-not-found',
    `missing sender key state for distribution ID ${distributionId}`,
    operation
  )

const advance = (state: SenderKeyState): Bytes => {
  const [seed, next] = hmacPair(state.chainKey, SEED_LABEL, CHAIN_LABEL)
  wipe(state.chainKey)
  state.chainKey = next
  state.iteration++
  return seed
}

const withKeys = <T>(seed: Bytes, use: (iv: Bytes, key: Bytes) => T): T => {
  const keys = hkdfSha256(null, seed, KEYS_INFO, KEYS_LENGTH)
  try {
    return use(keys.subarray(0, IV_LENGTH), keys.subarray(IV_LENGTH))
  } finally {
    wipe(keys, seed)
  }
}

/** Encrypts for a group with our newest chain; the advanced chain is persisted before the result is given. */
export const groupEncrypt = (
  sender: ProtocolAddress,
  distributionId: Uuid,
  store: SenderKeyStore,
  message: Uint8Array
): Promise<CiphertextMessage> =>
  mutexOf(store).run(senderKeyLock(sender, distributionId), async () => {
    const operation = 'GroupCipher_EncryptMessage'
    const states = await loadSenderKeyStates(sender, distributionId, store)
    const [state] = states
    if (!state?.signingPrivate) throw missing(distributionId, operation)
    const iteration = state.iteration
    const ciphertext = withKeys(advance(state), (iv, key) => cbcEncrypt(key, iv, message))
    const signer = PrivateKey.deserialize(state.signingPrivate)
    const sealed = SenderKeyMessage._new(
      SENDER_KEY_VERSION,
      distributionId,
      state.chainId,
      iteration,
      ciphertext,
      signer
    )
    await saveSenderKeyStates(sender, distributionId, states, store)
    wipeSenderKeyStates(states)
    return CiphertextMessage.of(CiphertextMessageType.SenderKey, sealed.serialize())
  })

const takeSeed = (state: SenderKeyState, iteration: number, maxJump: number, operation: string): Bytes => {
  if (iteration < state.iteration) {
    const taken = takeEntry(state.skipped, iteration)
    if (taken === null) throw signalError('duplicate-message', 'message with old counter', operation)
    state.skipped = taken.rest
    return taken.data
  }
  if (iteration - state.iteration > maxJump)
    throw signalError('too-far-in-the-future', 'message from too far into the future', operation)
  const passed: IndexedBytes[] = []
  while (state.iteration < iteration) {
    // Seeds that would be dropped again before the end are not kept in the first place (spec §15).
    const isKept = iteration - state.iteration <= MAX_SKIPPED
    const at = state.iteration
    const seed = advance(state)
    if (isKept) passed.push({ index: at, data: seed })
    else wipe(seed)
  }
  if (passed.length > 0) state.skipped = keepNewest(append(state.skipped, passed), MAX_SKIPPED)
  wipe(...passed.map((entry) => entry.data))
  return advance(state)
}

/**
 * Decrypts a group message. Throws `sender-key-not-found`, `duplicate-message`, `too-far-in-the-future`,
 * `undecryptable` or a parse error; the chain is persisted on success only.
 */
export const groupDecrypt = async (
  sender: ProtocolAddress,
  store: SenderKeyStore,
  message: Uint8Array,
  options?: SignalOptions
): Promise<Bytes> => {
  const operation = 'GroupCipher_DecryptMessage'
  const { provider, limits } = resolveOptions(options)
  const parsed = SenderKeyMessage.deserialize(message)
  const distributionId = parsed.distributionId()
  return mutexOf(store).run(senderKeyLock(sender, distributionId), async () => {
    const states = await loadSenderKeyStates(sender, distributionId, store)
    const state = states.find((candidate) => candidate.chainId === parsed.chainId())
    if (!state) throw missing(distributionId, operation)
    try {
      const { signed, signature } = parsed.signedParts()
      const signer = PublicKey.deserialize(state.signingPublic).getPublicKeyBytes()
      if (!(await provider.verify(signer, signed, signature)))
        throw signalError('undecryptable', 'invalid signature detected', operation)
      const seed = takeSeed(state, parsed.iteration(), limits.senderKeyJump, operation)
      const plaintext = withKeys(seed, (iv, key) => cbcDecrypt(key, iv, parsed.ciphertext()))
      if (plaintext === null) throw signalError('undecryptable', 'decryption failed', operation)
      await saveSenderKeyStates(sender, distributionId, states, store)
      return plaintext
    } finally {
      wipeSenderKeyStates(states)
    }
  })
}

/** Takes up a sender's chain (spec §9); one that is already known keeps its place in time. */
export const processSenderKeyDistributionMessage = (
  sender: ProtocolAddress,
  message: SenderKeyDistributionMessage,
  store: SenderKeyStore
): Promise<void> => {
  const distributionId = message.distributionId()
  return mutexOf(store).run(senderKeyLock(sender, distributionId), async () => {
    const states = await loadSenderKeyStates(sender, distributionId, store)
    const signingPublic = message.signingKey().serialize()
    const known = states.find(
      (state) =>
        state.chainId === message.chainId() &&
        message.signingKey().equals(PublicKey.deserialize(state.signingPublic))
    )
    const others = states.filter((state) => state.chainId !== message.chainId())
    const front = known ?? {
      chainId: message.chainId(),
      iteration: message.iteration(),
      chainKey: message.chainKey(),
      signingPublic: concat(signingPublic),
      signingPrivate: undefined,
      skipped: EMPTY_LIST,
    }
    const next = [front, ...others.slice(0, MAX_STATES - 1)]
    await saveSenderKeyStates(sender, distributionId, next, store)
    wipeSenderKeyStates(states)
    wipeSenderKeyStates(next)
  })
}
