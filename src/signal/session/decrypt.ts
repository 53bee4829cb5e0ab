import type { ProtocolAddress } from '../address/protocol-address.ts'
import { equalBytes, type Bytes } from '../bytes.ts'
import { PublicKey } from '../keys/ec.ts'
import { mutexOf } from '../locks.ts'
import type { SignalMessage } from '../messages/signal-message.ts'
import { resolveOptions, type ResolvedOptions, type SignalOptions } from '../options.ts'
import { ratchetDecrypt, type RatchetFailure } from '../ratchet/decrypt.ts'
import { Direction, type IdentityKeyStore, type SessionStore } from '../stores/stores.ts'
import { encodeAddresses, jumpLimit } from './addresses.ts'
import { failureError, noSession, untrusted } from './failures.ts'
import { openSession, type SessionRecord } from './record.ts'
import type { SessionState } from './state.ts'
import { wipeSession } from './storage.ts'

const OPERATION = 'SessionCipher_DecryptSignalMessage'

export type DecryptContext = {
  readonly message: SignalMessage
  readonly address: ProtocolAddress
  readonly localAddress: ProtocolAddress
  readonly options: ResolvedOptions
}

export type Attempt = { readonly plaintext: Bytes; readonly state: SessionState }

/** Keys to derive on the way to the message, the ratchet step of a new chain counted as one (spec §15). */
const stepsTo = (state: SessionState, message: SignalMessage): number => {
  const key = message.senderRatchetKey().getPublicKeyBytes()
  const chain = state.receiving.find((candidate) => equalBytes(candidate.ratchetKey, key))
  return 1 + Math.max(0, message.counter() - (chain?.index ?? 0))
}

/** Tries one session on a copy of its own; a failed copy is wiped. */
export const attempt = async (
  state: SessionState,
  { message, address, localAddress, options }: DecryptContext
): Promise<Attempt | RatchetFailure> => {
  const maxJump = jumpLimit(state, localAddress, address, options.limits)
  const steps = stepsTo(state, message)
  const isAffordable = steps > maxJump + 1 || (options.budget?.take(address.toString(), steps) ?? true)
  const result = isAffordable
    ? await ratchetDecrypt(state, {
        message,
        provider: options.provider,
        maxJump,
        expectedAddresses: encodeAddresses(address, localAddress),
      })
    : 'jump'
  if (typeof result === 'string') {
    wipeSession(state)
    return result
  }
  options.budget?.giveBack(address.toString(), steps)
  return { plaintext: result, state }
}

type Found = { readonly attempt: Attempt; readonly record: SessionRecord }

/** Current session first, then the archived ones; a duplicate ends the search (spec §8.3). */
const search = async (record: SessionRecord, context: DecryptContext): Promise<Found | RatchetFailure> => {
  const current = record.currentBytes()
  let failure: RatchetFailure = 'undecryptable'
  const candidates: (readonly [Bytes, number | null])[] = record
    .archivedBytes()
    .map((bytes, place) => [bytes, place])
  if (current) candidates.unshift([current, null])
  for (const [bytes, place] of candidates) {
    const state = openSession(bytes, OPERATION)
    if (state.version !== context.message.messageVersion()) continue
    const result = await attempt(state, context)
    if (result === 'duplicate') return result
    if (result === 'jump') failure = result
    if (typeof result === 'string') continue
    const next = place === null ? record.withCurrent(result.state) : record.promoted(result.state, place)
    return { attempt: result, record: next }
  }
  return failure
}

/**
 * Decrypts a message of an existing session (spec §8.3); nothing is persisted unless all of it succeeds. Throws
 * `session-not-found`, `duplicate-message`, `too-far-in-the-future`, `undecryptable` or `untrusted-identity`.
 */
export const signalDecrypt = (
  message: SignalMessage,
  address: ProtocolAddress,
  localAddress: ProtocolAddress,
  sessionStore: SessionStore,
  identityStore: IdentityKeyStore,
  options?: SignalOptions
): Promise<Bytes> =>
  mutexOf(sessionStore).run(address.toString(), async () => {
    const stored = await sessionStore.getSession(address)
    if (!stored) throw noSession(address, 'message_decrypt_signal', OPERATION)
    const context = { message, address, localAddress, options: resolveOptions(options) }
    const found = await search(stored, context)
    if (typeof found === 'string') throw failureError(found, 'Whisper', OPERATION)
    const identity = PublicKey.deserialize(found.attempt.state.remoteIdentity)
    wipeSession(found.attempt.state)
    if (!(await identityStore.isTrustedIdentity(address, identity, Direction.Receiving)))
      throw untrusted(address, OPERATION)
    await identityStore.saveIdentity(address, identity)
    await sessionStore.saveSession(address, found.record)
    return found.attempt.plaintext
  })
