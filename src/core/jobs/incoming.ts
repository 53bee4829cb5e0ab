import type { ContactRow } from '../ports/storage.ts'
import type { CryptoPort } from '../ports/crypto.ts'
import { concatBytes, toHex } from '../../lib/bytes.ts'
import {
  idBytes,
  type AccountId,
  type DeviceId,
  type EnvelopeDigest,
  type EnvelopeId,
} from '../../protocol/ids.ts'

/** One envelope and how it came. `request`: it was deposited with an invite's key, so it may be a stranger's. */
export interface Incoming {
  readonly id: EnvelopeId
  readonly body: Uint8Array
  readonly request: boolean
}

/** Who wrote a content, proven by both layers and the device list. */
export interface Sender {
  readonly account: AccountId
  readonly accountKey: Uint8Array
  readonly device: DeviceId
  readonly identityKey: string
  /** Undefined for a stranger. */
  readonly contact: ContactRow | undefined
  /** False for a stranger, whose list comes inside the content. */
  readonly listed: boolean
  readonly request: boolean
}

/**
 * What an envelope is remembered by. The id alone would not do: whoever carries it could put other bytes under the id and so hide the good
 * copy that another relay brings.
 */
export const envelopeDigest = (
  crypto: Pick<CryptoPort, 'sha256'>,
  { id, body }: Pick<Incoming, 'id' | 'body'>
): EnvelopeDigest => toHex(crypto.sha256(concatBytes(idBytes(id), body)).subarray(0, 16)) as EnvelopeDigest
