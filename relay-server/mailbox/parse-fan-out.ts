import { fromBinary } from '@bufbuild/protobuf'
import { err, ok, type Result } from '../../src/lib/result.ts'
import { FanOutSchema, type FanOut } from '../../src/protocol/gen/wire_pb.js'
import { accountIdFromBytes, parseAccountId, parseDeviceId, type AccountId } from '../../src/protocol/ids.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { sha256 } from '../../src/protocol/sha256.ts'
import { NOTHING_UNKNOWN } from '../../src/protocol/nothing-unknown.ts'
import { AUTH_TAG_LENGTH, SHARE_LENGTH } from '../../src/signal/sealed-sender/lengths.ts'
import {
  SealedSenderMultiRecipientMessage,
  type Delivery,
} from '../../src/signal/sealed-sender/multi-recipient-message.ts'
import { refusal, type RelayError } from '../errors.ts'
import { wakeKindOf, type WakeKind } from '../push/wakes.ts'
import type { DepositRequest, NewEnvelope } from './deposit.ts'

export interface ParsedFanOut {
  /** One for each recipient, in their order; bodies without their end. */
  readonly requests: readonly DepositRequest[]
  /** What all bodies end with. */
  readonly tail: Uint8Array
  readonly wake: WakeKind
  /** Milliseconds; 0: the relay's own. */
  readonly ttl: number
}

/** What is a recipient's own in what they receive: after the version, their share of the key and its tag. The rest is the same for all. */
const OWN_BYTES = 1 + SHARE_LENGTH + AUTH_TAG_LENGTH
const KEY_BYTES = 32
const ID_BYTES = 16

/** Reads and checks a sealed-sender message for many, and gives each recipient what their devices receive of it. */
export const parseFanOut = (bytes: Uint8Array): Result<ParsedFanOut, RelayError> => {
  let fanOut: FanOut
  let deliveries: readonly Delivery[]
  try {
    fanOut = fromBinary(FanOutSchema, bytes, NOTHING_UNKNOWN)
    deliveries = new SealedSenderMultiRecipientMessage(fanOut.message).deliveries()
  } catch {
    return malformed('the body is no message for many')
  }
  const devices = deliveries.reduce((sum, one) => sum + one.devices.length, 0)
  if (devices === 0 || devices > LIMITS.fanOutDevices)
    return malformed(`a message for many has 1 to ${LIMITS.fanOutDevices} devices`)
  const total = deliveries.reduce((sum, one) => sum + one.message.length * one.devices.length, 0)
  if (total > LIMITS.fanOutBytes || deliveries.some((one) => one.message.length > LIMITS.envelopeBytes))
    return err(refusal('too-large', 'all that is to be stored of this message is too large'))

  const byAccount = Map.groupBy(deliveries, (one) => one.serviceId)
  const requests: DepositRequest[] = []
  const seen = new Set<AccountId>()
  for (const { accountId, key, listRevision, envelopeId } of fanOut.recipients) {
    const account = parseAccountId(accountIdFromBytes(accountId) ?? '')
    const entries = account && entriesOf(byAccount.get(account) ?? [], envelopeId)
    if (!account || !entries || seen.has(account) || key.length !== KEY_BYTES)
      return malformed('a recipient is not complete')
    if (listRevision > BigInt(Number.MAX_SAFE_INTEGER)) return malformed('a list revision is no such number')
    seen.add(account)
    requests.push({
      account,
      keyHash: sha256(key),
      listRevision: Number(listRevision),
      entries,
      deliveryOnly: true,
    })
  }
  if (seen.size !== byAccount.size) return malformed('the message and its recipients do not fit')
  const tail = deliveries[0]?.message.subarray(OWN_BYTES) ?? new Uint8Array()
  return ok({ requests, tail, wake: wakeKindOf(fanOut.wake), ttl: fanOut.ttlSeconds * 1000 })
}

/** What the devices of one account receive; undefined if something of it has not its form. */
const entriesOf = (deliveries: readonly Delivery[], id: Uint8Array): NewEnvelope[] | undefined => {
  if (id.length !== ID_BYTES || deliveries.length === 0) return undefined
  const entries: NewEnvelope[] = []
  for (const { devices, message } of deliveries) {
    for (const { deviceId } of devices) {
      const device = parseDeviceId(deviceId)
      if (!device) return undefined
      entries.push({ device, id, body: message.subarray(0, OWN_BYTES) })
    }
  }
  return entries
}

const malformed = (message: string): Result<never, RelayError> => err(refusal('malformed', message))
