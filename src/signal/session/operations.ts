import type { ProtocolAddress } from '../address/protocol-address.ts'
import type { Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import type { CiphertextMessage } from '../messages/ciphertext-message.ts'
import type { PreKeySignalMessage } from '../messages/pre-key-signal-message.ts'
import type { SignalMessage } from '../messages/signal-message.ts'
import type { SignalOptions } from '../options.ts'
import type { PreKeyBundle } from '../prekeys/bundle.ts'
import type { IdentityKeyStore, KyberPreKeyStore, PreKeyStore, SessionStore, SignedPreKeyStore } from '../stores/stores.ts'

const pending = (name: string): Error => signalError('invalid-argument', 'not available yet', name)

export const processPreKeyBundle = async (
  _bundle: PreKeyBundle,
  _address: ProtocolAddress,
  _localAddress: ProtocolAddress,
  _sessionStore: SessionStore,
  _identityStore: IdentityKeyStore,
  _now?: Date,
  _options?: SignalOptions
): Promise<void> => {
  throw pending('processPreKeyBundle')
}
export const signalEncrypt = async (
  _message: Uint8Array,
  _address: ProtocolAddress,
  _localAddress: ProtocolAddress,
  _sessionStore: SessionStore,
  _identityStore: IdentityKeyStore,
  _now?: Date,
  _options?: SignalOptions
): Promise<CiphertextMessage> => {
  throw pending('signalEncrypt')
}
export const signalDecrypt = async (
  _message: SignalMessage,
  _address: ProtocolAddress,
  _localAddress: ProtocolAddress,
  _sessionStore: SessionStore,
  _identityStore: IdentityKeyStore,
  _options?: SignalOptions
): Promise<Bytes> => {
  throw pending('signalDecrypt')
}
export const signalDecryptPreKey = async (
  _message: PreKeySignalMessage,
  _address: ProtocolAddress,
  _localAddress: ProtocolAddress,
  _sessionStore: SessionStore,
  _identityStore: IdentityKeyStore,
  _prekeyStore: PreKeyStore,
  _signedPrekeyStore: SignedPreKeyStore,
  _kyberPrekeyStore: KyberPreKeyStore,
  _options?: SignalOptions
): Promise<Bytes> => {
  throw pending('signalDecryptPreKey')
}
