import { fromBinary } from '@bufbuild/protobuf'
import { err, ok, type Result } from '../../src/lib/result.ts'
import { DepositSchema, type Deposit } from '../../src/protocol/gen/wire_pb.js'
import { parseDeviceId } from '../../src/protocol/ids.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { NOTHING_UNKNOWN } from '../../src/protocol/nothing-unknown.ts'
import { refusal, type RelayError } from '../errors.ts'
import { wakeKindOf, type WakingEnvelope } from '../push/wakes.ts'

export interface ParsedDeposit {
  readonly entries: readonly WakingEnvelope[]
  readonly listRevision: number
  /** Milliseconds; 0: the relay's own. */
  readonly ttl: number
}

/** Reads and checks the body of a deposit. Whether its key takes envelopes of their size is the store's to say, which knows the key. */
export const parseDeposit = (bytes: Uint8Array): Result<ParsedDeposit, RelayError> => {
  if (bytes.length > LIMITS.depositBytes) return err(refusal('too-large', 'the deposit is too large'))
  let deposit: Deposit
  try {
    deposit = fromBinary(DepositSchema, bytes, NOTHING_UNKNOWN)
  } catch {
    return malformed('the body is no deposit')
  }
  const { entries, listRevision, ttlSeconds } = deposit
  if (entries.length === 0 || entries.length > LIMITS.depositEntries) {
    return malformed(`a deposit has 1 to ${LIMITS.depositEntries} entries`)
  }
  if (listRevision > BigInt(Number.MAX_SAFE_INTEGER)) return malformed('the list revision is no such number')
  const checked: WakingEnvelope[] = []
  for (const { deviceId, envelope, wake, preview } of entries) {
    const device = parseDeviceId(deviceId)
    if (!device || envelope?.id.length !== 16 || envelope.body.length === 0)
      return malformed('an entry is not complete')
    if (envelope.body.length > LIMITS.envelopeBytes)
      return err(refusal('too-large', `an envelope has at most ${LIMITS.envelopeBytes} bytes`))
    if (preview.length > LIMITS.previewBytes)
      return err(refusal('too-large', `a preview has at most ${LIMITS.previewBytes} bytes`))
    checked.push({
      device,
      id: envelope.id,
      body: envelope.body,
      wake: wakeKindOf(wake),
      preview: preview.length > 0 ? preview : undefined,
    })
  }
  return ok({ entries: checked, listRevision: Number(listRevision), ttl: ttlSeconds * 1000 })
}

const malformed = (message: string): Result<never, RelayError> => err(refusal('malformed', message))
