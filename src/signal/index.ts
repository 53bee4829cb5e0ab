// The primitives come first and thus together: what is alike in them compresses only within gzip's window of 32 KiB.
export { hkdf } from './crypto/hkdf.ts'
export { Aes256GcmSiv } from './crypto/gcm-siv.ts'
export type { CryptoProvider, Encapsulated, KemSecret, RawKeyPair } from './crypto/provider.ts'
export { pureProvider } from './crypto/pure.ts'
export { createAutoProvider, createWebCryptoProvider, defaultProvider } from './crypto/web-crypto.ts'
export { ErrorCode, LibSignalErrorBase, type LibSignalError, type SignalErrorReason } from './errors.ts'
export { Aci, Pni, ServiceId, ServiceIdKind } from './address/service-id.ts'
export { ProtocolAddress } from './address/protocol-address.ts'
export type { Uuid } from './address/uuid.ts'
export { IdentityKeyPair, PrivateKey, PublicKey } from './keys/ec.ts'
export { KEMKeyPair, KEMPublicKey, KEMSecretKey } from './keys/kem.ts'
export {
  KyberPreKeyRecord,
  PreKeyRecord,
  SignedPreKeyRecord,
  type SignedKyberPublicPreKey,
  type SignedPublicPreKey,
} from './prekeys/records.ts'
export { PreKeyBundle } from './prekeys/bundle.ts'
export {
  generateKyberPreKey,
  generateKyberPreKeys,
  generatePreKeys,
  generateSignedPreKey,
  nextPreKeyId,
  ONE_TIME_BATCH,
  randomPreKeyId,
  randomRegistrationId,
} from './prekeys/generate.ts'
export {
  baseKeyReused,
  expiredIds,
  isRotationDue,
  lastResortUse,
  RETENTION,
  ROTATION_INTERVAL,
  type DatedKey,
} from './prekeys/rotation.ts'
export {
  CiphertextMessage,
  CiphertextMessageType,
  type CiphertextMessageConvertible,
} from './messages/ciphertext-message.ts'
export { SignalMessage } from './messages/signal-message.ts'
export { PreKeySignalMessage } from './messages/pre-key-signal-message.ts'
export {
  Direction,
  IdentityChange,
  IdentityKeyStore,
  KyberPreKeyStore,
  PreKeyStore,
  SenderKeyStore,
  SessionStore,
  SignedPreKeyStore,
} from './stores/stores.ts'
export { SessionRecord } from './session/record.ts'
export { processPreKeyBundle } from './session/process-bundle.ts'
export { signalEncrypt } from './session/encrypt.ts'
export { signalDecrypt } from './session/decrypt.ts'
export { signalDecryptPreKey } from './session/decrypt-pre-key.ts'
export { SenderKeyRecord } from './groups/record.ts'
export { SenderKeyDistributionMessage, SenderKeyMessage } from './groups/messages.ts'
export { groupDecrypt, groupEncrypt, processSenderKeyDistributionMessage } from './groups/group-cipher.ts'
export { SenderCertificate, ServerCertificate } from './sealed-sender/certificates.ts'
export { ContentHint, UnidentifiedSenderMessageContent } from './sealed-sender/content.ts'
export { sealedSenderEncrypt, sealedSenderEncryptMessage } from './sealed-sender/encrypt.ts'
export {
  SealedSenderDecryptionResult,
  sealedSenderDecryptMessage,
  sealedSenderDecryptToUsmc,
} from './sealed-sender/decrypt.ts'
export {
  sealedSenderMultiRecipientEncrypt,
  sealedSenderMultiRecipientMessageForSingleRecipient,
  type SealedSenderMultiRecipientEncryptOptions,
} from './sealed-sender/multi-recipient.ts'
export {
  SealedSenderMultiRecipientMessage,
  type Delivery,
  type Recipient,
} from './sealed-sender/multi-recipient-message.ts'
export { DisplayableFingerprint, Fingerprint, ScannableFingerprint } from './fingerprint/fingerprint.ts'
export { DecryptionErrorMessage } from './retry/decryption-error-message.ts'
export { PlaintextContent } from './retry/plaintext-content.ts'
export { DEFAULT_MAX_JUMP, PROTOCOL_MAX_JUMP, type JumpLimits, type SignalOptions } from './options.ts'
export { createWorkBudget, type WorkBudget, type WorkBudgetOptions } from './budget.ts'
