import type { ProtocolAddress } from '../address/protocol-address.ts'
import { PublicKey } from '../keys/ec.ts'
import { mutexOf } from '../locks.ts'
import { CiphertextMessage, CiphertextMessageType } from '../messages/ciphertext-message.ts'
import { PreKeySignalMessage } from '../messages/pre-key-signal-message.ts'
import { ratchetEncrypt } from '../ratchet/encrypt.ts'
import { Direction, type IdentityKeyStore, type SessionStore } from '../stores/stores.ts'
import { encodeAddresses } from './addresses.ts'
import { noSession, untrusted } from './failures.ts'
import { isStale, openSession, SessionRecord } from './record.ts'
import type { SessionState } from './state.ts'
import { wipeSession } from './storage.ts'

const OPERATION = 'SessionCipher_EncryptMessage'

const seal = (
  state: SessionState,
  plaintext: Uint8Array,
  local: ProtocolAddress,
  remote: ProtocolAddress
): CiphertextMessage => {
  const { pending } = state
  const addresses = pending ? (encodeAddresses(local, remote) ?? undefined) : undefined
  const message = ratchetEncrypt(state, plaintext, addresses)
  if (!pending) return CiphertextMessage.of(CiphertextMessageType.Whisper, message.serialize())
  const wrapped = PreKeySignalMessage.build(state.version, {
    registrationId: state.localRegistrationId,
    preKeyId: pending.preKeyId,
    signedPreKeyId: pending.signedPreKeyId,
    kyber: { id: pending.kyberPreKeyId, ciphertext: pending.kyberCiphertext },
    baseKey: PublicKey.deserialize(pending.baseKey),
    identityKey: PublicKey.deserialize(state.localIdentity),
    message,
  })
  return CiphertextMessage.of(CiphertextMessageType.PreKey, wrapped.serialize())
}

/**
 * Encrypts for a device (spec §8.2). The advanced session is persisted before the ciphertext is given: after a crash no
 * key is used twice. Throws `session-not-found` (also for one unanswered for 30 days) or `untrusted-identity`.
 */
export const signalEncrypt = (
  message: Uint8Array,
  address: ProtocolAddress,
  localAddress: ProtocolAddress,
  sessionStore: SessionStore,
  identityStore: IdentityKeyStore,
  now: Date = new Date()
): Promise<CiphertextMessage> =>
  mutexOf(sessionStore).run(address.toString(), async () => {
    const record = (await sessionStore.getSession(address)) ?? SessionRecord.empty()
    const current = record.currentBytes()
    const state = current && openSession(current, OPERATION)
    if (!state || isStale(state.pending, now)) throw noSession(address, 'message_encrypt', OPERATION)
    const identity = PublicKey.deserialize(state.remoteIdentity)
    const sealed = seal(state, message, localAddress, address)
    const next = record.withCurrent(state)
    wipeSession(state)
    if (!(await identityStore.isTrustedIdentity(address, identity, Direction.Sending)))
      throw untrusted(address, OPERATION)
    await identityStore.saveIdentity(address, identity)
    await sessionStore.saveSession(address, next)
    return sealed
  })
