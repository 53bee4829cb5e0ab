/** The sealed device list as relays and the DHT see it: who may write it and which one is newer, never what it says. */
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { concatBytes, equalBytes, fromHex, utf8 } from '../lib/bytes.ts'
import { err, ok, type Result } from '../lib/result.ts'
import { ED25519_KEY_BYTES, ED25519_SIGNATURE_BYTES, verifyEd25519 } from './ed25519.ts'
import { SealedListRecordSchema, type SealedListRecord } from './gen/identity_pb.js'
import { LIMITS, PURPOSES } from './limits.ts'
import { NOTHING_UNKNOWN } from './nothing-unknown.ts'

export interface ListRecordError {
  readonly kind: 'list-record'
  readonly reason: 'malformed' | 'bad-signature'
}

/** Where a list lies: 64 lower-case hex digits. */
const LOCATOR = /^[0-9a-f]{64}$/
const DHT_PREFIX = '/mepassa-dl/'
const NONCE_BYTES = 24

/** The 32 bytes of a locator; undefined if the text is none. */
export const parseLocator = (text: string): Uint8Array | undefined =>
  LOCATOR.test(text) ? fromHex(text) : undefined

/** The DHT's key of a list. */
export const listDhtKey = (locator: string): Uint8Array => utf8(DHT_PREFIX + locator)

/** The locator in a DHT key; undefined if the key is not one of a list. */
export const locatorOfDhtKey = (key: string): string | undefined =>
  key.startsWith(DHT_PREFIX) && LOCATOR.test(key.slice(DHT_PREFIX.length))
    ? key.slice(DHT_PREFIX.length)
    : undefined

/**
 * Reads a record and checks every length; its signature is `verifyListRecord`'s. Only the one canonical encoding is taken: stores compare
 * records by their bytes, and a stranger could otherwise write the same record in another way, or hang fields on it that nobody signed.
 */
export const parseListRecord = (bytes: Uint8Array): Result<SealedListRecord, ListRecordError> => {
  if (bytes.length === 0 || bytes.length > LIMITS.listRecordBytes) return failed('malformed')
  let record: SealedListRecord
  try {
    record = fromBinary(SealedListRecordSchema, bytes, NOTHING_UNKNOWN)
  } catch {
    return failed('malformed')
  }
  const fits =
    record.version === 1 &&
    record.revision > 0n &&
    record.revision <= BigInt(Number.MAX_SAFE_INTEGER) &&
    record.publishKey.length === ED25519_KEY_BYTES &&
    record.nonce.length === NONCE_BYTES &&
    record.ciphertext.length > 0 &&
    record.signature.length === ED25519_SIGNATURE_BYTES &&
    equalBytes(toBinary(SealedListRecordSchema, record), bytes)
  return fits ? ok(record) : failed('malformed')
}

/** What the publish key signs: purpose ‖ 0x00 ‖ locator ‖ BE64(revision) ‖ nonce ‖ ciphertext. */
export const listRecordSigningInput = (
  locator: Uint8Array,
  record: Pick<SealedListRecord, 'revision' | 'nonce' | 'ciphertext'>
): Uint8Array => {
  const revision = new Uint8Array(8)
  new DataView(revision.buffer).setBigUint64(0, record.revision)
  return concatBytes(
    utf8(PURPOSES.listRecord),
    Uint8Array.of(0),
    locator,
    revision,
    record.nonce,
    record.ciphertext
  )
}

/** Checks the record's own signature for this locator (64 hex digits). Which publish key may write there, the store knows. */
export const verifyListRecord = async (
  record: SealedListRecord,
  locator: string
): Promise<Result<null, ListRecordError>> => {
  const place = parseLocator(locator)
  if (!place) return failed('malformed')
  const good = await verifyEd25519(record.publishKey, listRecordSigningInput(place, record), record.signature)
  return good ? ok(null) : failed('bad-signature')
}

const failed = (reason: ListRecordError['reason']): Result<never, ListRecordError> =>
  err({ kind: 'list-record', reason })
