import { signalError } from '../errors.ts'
import { parseServiceId, type ServiceId } from './service-id.ts'

const MAX_DEVICE_ID = 127

/** A device of somebody: a name (usually a service id) and a device id 1–127 (spec §1.6). */
export class ProtocolAddress {
  readonly #name: string
  readonly #deviceId: number

  private constructor(name: string, deviceId: number) {
    this.#name = name
    this.#deviceId = deviceId
  }

  /** Throws `invalid-address` when the device id isn't an integer of 1–127. */
  static new(name: string | ServiceId, deviceId: number): ProtocolAddress {
    const text = typeof name === 'string' ? name : name.getServiceIdString()
    if (!Number.isInteger(deviceId) || deviceId < 1 || deviceId > MAX_DEVICE_ID)
      throw signalError(
        'invalid-address',
        `protocol address is invalid: ${text}.${deviceId}`,
        'ProtocolAddress_New',
        `${text}.${deviceId}`
      )
    return new ProtocolAddress(text, deviceId)
  }

  name(): string {
    return this.#name
  }

  /** The service id in the name, or `null` when it is some other string. */
  serviceId(): ServiceId | null {
    return parseServiceId(this.#name)
  }

  deviceId(): number {
    return this.#deviceId
  }

  /** `name.device`. */
  toString(): string {
    return `${this.#name}.${this.#deviceId}`
  }
}
