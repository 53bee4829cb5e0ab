/** Uploads of one message for many. */
import { create, toBinary } from '@bufbuild/protobuf'
import { randomBytes } from 'node:crypto'
import { FanOutSchema } from '../../../../src/protocol/gen/wire_pb.js'
import { accountIdBytes, type AccountId } from '../../../../src/protocol/ids.ts'
import { encodeSentMessage } from '../../../../src/signal/sealed-sender/sent-message.ts'
import {
  AUTH_TAG_LENGTH,
  EPHEMERAL_LENGTH,
  SHARE_LENGTH,
} from '../../../../src/signal/sealed-sender/lengths.ts'

export interface To {
  readonly account: AccountId | string
  readonly key: Uint8Array
  readonly devices?: readonly number[]
  readonly listRevision?: number
  readonly id?: Uint8Array
}
const random = (size: number) => new Uint8Array(randomBytes(size))

/** A message of the right form; what it says is nobody's business but the clients'. */
export const fanOut = (to: readonly To[], bodySize = 100): Uint8Array => {
  const message = encodeSentMessage({
    entries: to.map(({ account, devices = [1] }) => ({
      serviceId: account,
      devices: devices.map((deviceId) => ({ deviceId, registrationId: 77 })),
      shares: { share: random(SHARE_LENGTH), tag: random(AUTH_TAG_LENGTH) },
    })),
    excluded: [],
    ephemeral: random(EPHEMERAL_LENGTH),
    body: random(bodySize),
  })
  return toBinary(
    FanOutSchema,
    create(FanOutSchema, {
      message,
      recipients: to.map(({ account, key, listRevision = 0, id = random(16) }) => ({
        accountId: accountIdBytes(account as AccountId),
        key,
        listRevision: BigInt(listRevision),
        envelopeId: id,
      })),
    })
  )
}
