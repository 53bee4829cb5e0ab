import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { CryptoPort, Opened } from '../../core/ports/crypto.ts'
import type { Store } from '../../core/ports/storage.ts'
import { err, type Result } from '../../lib/result.ts'
import type { CryptoError } from '../../core/domain/errors.ts'
import { ResendRequestSchema, type ResendRequest } from '../../protocol/gen/content_pb.js'
import { envelopeIdFromBytes } from '../../protocol/ids.ts'
import { NOTHING_UNKNOWN } from '../../protocol/nothing-unknown.ts'
import { pad, unpad } from '../../protocol/padding.ts'
import {
  CiphertextMessage,
  CiphertextMessageType,
  ContentHint,
  DecryptionErrorMessage,
} from '../../signal/index.ts'
import { addressOf } from './addresses.ts'
import { attempt } from './errors.ts'
import type { SealedSender } from './sealed.ts'
import { stage, StagedSessions } from './staged-stores.ts'

type RetryPart = Pick<CryptoPort, 'sealRetryRequest' | 'acceptRetryRequest'>
interface Deps {
  readonly store: Store
  readonly now: () => number
  readonly sealed: SealedSender
}

/** Retry requests (spec §12) travel in sealed sender alone: when they are needed there may be no session. */
export const createRetries = ({ store, now, sealed }: Deps): RetryPart => ({
  sealRetryRequest: async (own, account, device, opened, envelopeId) => {
    const request = create(ResendRequestSchema, {
      envelopeId,
      decryptionError: failureOf(opened, now()).serialize(),
    })
    const bytes = pad(toBinary(ResendRequestSchema, request))
    const message = CiphertextMessage.of(CiphertextMessageType.Plaintext, bytes)
    return sealed.seal(own, account, device, message, ContentHint.Implicit)
  },

  acceptRetryRequest: async (opened) => {
    const request = opened.type === 'plaintext' ? parseRequest(opened.inner) : undefined
    if (!request) return undecryptable
    return attempt(async () => {
      const failure = DecryptionErrorMessage.deserialize(request.decryptionError)
      const sessions = new StagedSessions(store)
      const address = addressOf(opened.account, opened.device)
      const key = failure.ratchetKey()
      const record = isForUs(store, failure) ? await sessions.getSession(address) : null
      // A session that was replaced meanwhile is not the one that failed.
      if (record && key && record.currentRatchetKeyMatches(key)) {
        record.archiveCurrentState()
        await sessions.saveSession(address, record)
      }
      return stage({ envelopeId: request.envelopeId }, sessions)
    })
  },
})

const undecryptable: Result<never, CryptoError> = err({ kind: 'crypto', reason: 'undecryptable' })

/** What is said of a message that did not decrypt; of one that is no message at all, only that it came. */
const failureOf = (opened: Opened, now: number): DecryptionErrorMessage => {
  const { PreKey, SenderKey, Whisper } = CiphertextMessageType
  const type = opened.type === 'prekey' ? PreKey : Whisper
  try {
    return DecryptionErrorMessage.forOriginal(opened.inner, type, now, opened.device)
  } catch {
    return DecryptionErrorMessage.forOriginal(opened.inner, SenderKey, now, opened.device)
  }
}

const parseRequest = (inner: Uint8Array): ResendRequest | undefined => {
  const plain = unpad(inner)
  if (!plain) return undefined
  try {
    const request = fromBinary(ResendRequestSchema, plain, NOTHING_UNKNOWN)
    return envelopeIdFromBytes(request.envelopeId) ? request : undefined
  } catch {
    return undefined
  }
}

const isForUs = (store: Store, failure: DecryptionErrorMessage): boolean =>
  store.read((tx) => tx.account.get()?.device) === failure.deviceId()
