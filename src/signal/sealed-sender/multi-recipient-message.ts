import type { Bytes } from '../bytes.ts'
import {
  deliveredTo,
  parseSentMessage,
  type SentDevice,
  type SentEntry,
  type SentMessage,
} from './sent-message.ts'

/** A recipient as libsignal-client shows it: parallel lists. */
export type Recipient = { deviceIds: number[]; registrationIds: number[] }

/** One entry to deliver: the devices that it is for, and what each of them receives. */
export type Delivery = {
  readonly serviceId: string
  readonly devices: readonly SentDevice[]
  readonly message: Bytes
}

/** A parsed sent message, to be fanned out (spec §10.4). */
export class SealedSenderMultiRecipientMessage {
  readonly #message: SentMessage
  readonly #byRecipient: ReadonlyMap<Recipient, SentEntry>
  readonly #recipients: Readonly<Record<string, Recipient>>

  /** Throws `invalid-message` or `version-unrecognized`. */
  constructor(buffer: Uint8Array) {
    this.#message = parseSentMessage(buffer)
    const byRecipient = new Map<Recipient, SentEntry>()
    const recipients: Record<string, Recipient> = Object.create(null) as Record<string, Recipient>
    for (const entry of this.#message.entries) {
      const recipient = {
        deviceIds: entry.devices.map((device) => device.deviceId),
        registrationIds: entry.devices.map((device) => device.registrationId),
      }
      byRecipient.set(recipient, entry)
      recipients[entry.serviceId] ??= recipient
    }
    this.#byRecipient = byRecipient
    this.#recipients = recipients
  }

  /** The first entry of each account; accounts whose devices have keys of their own need `deliveries()`. */
  recipientsByServiceIdString(): Readonly<Record<string, Recipient>> {
    return this.#recipients
  }

  excludedRecipientServiceIdStrings(): readonly string[] {
    return this.#message.excluded
  }

  /** What a recipient of `recipientsByServiceIdString` receives; throws a `TypeError` for any other object. */
  messageForRecipient(recipient: Recipient): Bytes {
    const entry = this.#byRecipient.get(recipient)
    if (!entry) throw new TypeError('not a recipient of this message')
    return deliveredTo(this.#message, entry)
  }

  /** Every entry, also several of one account. */
  deliveries(): Delivery[] {
    return this.#message.entries.map((entry) => ({
      serviceId: entry.serviceId,
      devices: entry.devices,
      message: deliveredTo(this.#message, entry),
    }))
  }
}
