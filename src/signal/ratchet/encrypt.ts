import type { Bytes } from '../bytes.ts'
import { cbcEncrypt } from '../crypto/ciphers.ts'
import { randomBytes } from '../crypto/random.ts'
import { signalError } from '../errors.ts'
import { PublicKey } from '../keys/ec.ts'
import { SignalMessage } from '../messages/signal-message.ts'
import type { SessionState } from '../session/state.ts'
import { spqrSend } from '../spqr/spqr.ts'
import { deriveMessageKeys, stepChain, wipeMessageKeys } from './kdf.ts'

/** Encrypts one message (spec §4, §6); changes `state`. `addresses` goes in as spec §6 says, if given. */
export const ratchetEncrypt = (
  state: SessionState,
  plaintext: Uint8Array,
  addresses: Bytes | undefined
): SignalMessage => {
  const { sending } = state
  const pq = spqrSend(state.spqr, randomBytes)
  if (pq === null)
    throw signalError(
      'invalid-session',
      'invalid session: inconsistent state',
      'SessionCipher_EncryptMessage'
    )
  const { seed, next } = stepChain(sending.key)
  const keys = deriveMessageKeys(seed, pq.key)
  const message = SignalMessage.build(
    state.version,
    {
      ratchetKey: PublicKey.fromRaw(sending.pair.publicKey),
      counter: sending.index,
      previousCounter: state.previousCounter,
      ciphertext: cbcEncrypt(keys.cipher, keys.iv, plaintext),
      pqRatchet: pq.message,
      addresses,
    },
    keys.mac,
    PublicKey.deserialize(state.localIdentity),
    PublicKey.deserialize(state.remoteIdentity)
  )
  wipeMessageKeys(keys)
  sending.key = next
  sending.index++
  return message
}
