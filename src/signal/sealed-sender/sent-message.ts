import {
  parseFixedWidthId,
  parseServiceId,
  SERVICE_ID_LENGTH,
  type ServiceId,
} from '../address/service-id.ts'
import { concat, copyBytes, type Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import { readUint, writeUint } from '../proto/varint.ts'
import { AUTH_TAG_LENGTH, EPHEMERAL_LENGTH, SHARE_LENGTH } from './lengths.ts'
import type { RecipientShare } from './v2.ts'

// spec §10.4: needed and current version, in the high and low half of the first byte.
const SENT_VERSION = 0x23
const DELIVERED_VERSION = 0x22
const MORE_DEVICES = 0x8000
/** Registration ids have 14 bits here. */
export const MAX_REGISTRATION_ID = 0x3fff
/** A bound on what a stranger can make us parse. */
const MAX_RECIPIENTS = 10_000
const OPERATION = 'SealedSender_MultiRecipientParseSentMessage'

export type SentDevice = { readonly deviceId: number; readonly registrationId: number }

/** One entry of a sent message: some devices of an account that have the same identity key. */
export type SentEntry = {
  readonly serviceId: string
  readonly devices: readonly SentDevice[]
  readonly shares: RecipientShare
}

export type SentMessage = {
  readonly entries: readonly SentEntry[]
  /** Service ids left out on purpose. */
  readonly excluded: readonly string[]
  readonly ephemeral: Bytes
  readonly body: Bytes
}

const encodeDevices = (devices: readonly SentDevice[]): Bytes =>
  concat(
    ...devices.map(({ deviceId, registrationId }, i) => {
      const word = registrationId | (i + 1 < devices.length ? MORE_DEVICES : 0)
      return Uint8Array.of(deviceId, word >> 8, word & 0xff)
    })
  )

const idBytes = (serviceId: string): Bytes =>
  (parseServiceId(serviceId) as ServiceId).getServiceIdFixedWidthBinary()

/** Bytes of a message for the server that fans it out. */
export const encodeSentMessage = (message: SentMessage): Bytes =>
  concat(
    Uint8Array.of(SENT_VERSION),
    writeUint(message.entries.length + message.excluded.length),
    ...message.entries.flatMap((entry) => [
      idBytes(entry.serviceId),
      encodeDevices(entry.devices),
      entry.shares.share,
      entry.shares.tag,
    ]),
    ...message.excluded.flatMap((serviceId) => [idBytes(serviceId), Uint8Array.of(0)]),
    message.ephemeral,
    message.body
  )

const bad = (): Error => signalError('invalid-message', 'invalid sealed sender message: malformed', OPERATION)

type Cursor = { at: number }

const take = (bytes: Uint8Array, cursor: Cursor, length: number): Bytes => {
  const end = cursor.at + length
  if (end > bytes.length) throw bad()
  const part = copyBytes(bytes.subarray(cursor.at, end))
  cursor.at = end
  return part
}

const parseDevices = (bytes: Uint8Array, cursor: Cursor): SentDevice[] => {
  const devices: SentDevice[] = []
  for (let hasMore = true; hasMore;) {
    const deviceId = take(bytes, cursor, 1)[0] as number
    if (deviceId === 0) {
      if (devices.length > 0) throw bad()
      return devices
    }
    const pair = take(bytes, cursor, 2)
    const word = ((pair[0] as number) << 8) | (pair[1] as number)
    hasMore = (word & MORE_DEVICES) !== 0
    if (deviceId > 127 || devices.some((device) => device.deviceId === deviceId)) throw bad()
    devices.push({ deviceId, registrationId: word & MAX_REGISTRATION_ID })
  }
  return devices
}

/** Parses a message to be fanned out. Throws `invalid-message` or `version-unrecognized`. */
export const parseSentMessage = (bytes: Uint8Array): SentMessage => {
  if (bytes.length === 0) throw bad()
  if (bytes[0] !== SENT_VERSION)
    throw signalError(
      'version-unrecognized',
      `unknown sealed sender message version ${(bytes[0] as number) >> 4}`,
      OPERATION
    )
  const count = readUint(bytes, 1)
  if (count === null || count.value > MAX_RECIPIENTS) throw bad()
  const cursor = { at: count.end }
  const entries: SentEntry[] = []
  const excluded: string[] = []
  for (let i = 0; i < count.low; i++) {
    const id = parseFixedWidthId(take(bytes, cursor, SERVICE_ID_LENGTH))
    if (id === null) throw bad()
    const serviceId = id.getServiceIdString()
    const devices = parseDevices(bytes, cursor)
    if (devices.length === 0) excluded.push(serviceId)
    else {
      const shares = { share: take(bytes, cursor, SHARE_LENGTH), tag: take(bytes, cursor, AUTH_TAG_LENGTH) }
      entries.push({ serviceId, devices, shares })
    }
  }
  if (entries.some((entry) => excluded.includes(entry.serviceId))) throw bad()
  const ephemeral = take(bytes, cursor, EPHEMERAL_LENGTH)
  return { entries, excluded, ephemeral, body: copyBytes(bytes.subarray(cursor.at)) }
}

/** What the devices of an entry receive (spec §10.4). */
export const deliveredTo = (message: SentMessage, entry: SentEntry): Bytes =>
  concat(
    Uint8Array.of(DELIVERED_VERSION),
    entry.shares.share,
    entry.shares.tag,
    message.ephemeral,
    message.body
  )
