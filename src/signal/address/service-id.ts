import { concat, copyBytes, equalBytes, type Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import { formatUuid, parseUuid } from './uuid.ts'

/** The two kinds of service id (spec §1.6). */
export const ServiceIdKind = { Aci: 0, Pni: 1 } as const
export type ServiceIdKind = (typeof ServiceIdKind)[keyof typeof ServiceIdKind]

/** Length of the fixed-width form: kind ‖ uuid. */
export const SERVICE_ID_LENGTH = 17
const UUID_LENGTH = 16
const PNI_PREFIX = 'PNI:'

// libsignal's words: the last part of the operation's name, hyphenated.
const invalid = (operation: string): Error => {
  const kind = operation.slice(operation.indexOf('From') + 4).replace(/([a-z])([A-Z])/g, '$1-$2')
  return signalError('invalid-argument', `invalid argument: invalid ${kind}`, operation)
}

/** A UUID in a namespace: account (ACI) or phone number (PNI). */
export abstract class ServiceId {
  readonly #fixed: Bytes

  /** From the 17-byte form; use the parse functions for foreign input. */
  constructor(fixedWidth: Uint8Array) {
    this.#fixed = copyBytes(fixedWidth)
  }

  static #checked<T>(type: unknown, id: ServiceId | null, operation: string): T {
    if (id === null || !(id instanceof (type as new (bytes: Uint8Array) => ServiceId)))
      throw invalid(operation)
    return id as T
  }

  /** From 17 bytes. Throws `invalid-argument`. */
  static parseFromServiceIdFixedWidthBinary<T extends typeof ServiceId>(
    this: T,
    bytes: Uint8Array
  ): InstanceType<T> {
    return ServiceId.#checked(this, parseFixedWidthId(bytes), 'ServiceId_ParseFromServiceIdFixedWidthBinary')
  }

  /** From 16 bytes (ACI) or 17 (PNI). Throws `invalid-argument`. */
  static parseFromServiceIdBinary<T extends typeof ServiceId>(this: T, bytes: Uint8Array): InstanceType<T> {
    const isAci = bytes.length === UUID_LENGTH
    const fixed = isAci ? concat(Uint8Array.of(ServiceIdKind.Aci), bytes) : bytes
    const id = !isAci && bytes[0] === ServiceIdKind.Aci ? null : parseFixedWidthId(fixed)
    return ServiceId.#checked(this, id, 'ServiceId_ParseFromServiceIdBinary')
  }

  /** From text: a UUID, or `PNI:` and a UUID. Throws `invalid-argument`. */
  static parseFromServiceIdString<T extends typeof ServiceId>(this: T, text: string): InstanceType<T> {
    return ServiceId.#checked(this, parseServiceId(text), 'ServiceId_ParseFromServiceIdString')
  }

  getServiceIdFixedWidthBinary(): Bytes {
    return copyBytes(this.#fixed)
  }

  getServiceIdBinary(): Bytes {
    return this.#fixed[0] === ServiceIdKind.Aci ? this.getRawUuidBytes() : copyBytes(this.#fixed)
  }

  getServiceIdString(): string {
    return (this.#fixed[0] === ServiceIdKind.Pni ? PNI_PREFIX : '') + this.getRawUuid()
  }

  /** For people who read logs; `getServiceIdString` is for everything else. */
  toString(): string {
    return `<${this instanceof Pni ? '' : 'ACI:'}${this.getServiceIdString()}>`
  }

  getRawUuid(): string {
    return formatUuid(this.#fixed.subarray(1))
  }

  getRawUuidBytes(): Bytes {
    return copyBytes(this.#fixed.subarray(1))
  }

  isEqual(other: ServiceId): boolean {
    return equalBytes(this.#fixed, other.#fixed)
  }

  /** Orders by kind, then by the bytes of the UUID. */
  static comparator(this: void, left: ServiceId, right: ServiceId): number {
    for (let i = 0; i < SERVICE_ID_LENGTH; i++) {
      const difference = (left.#fixed[i] as number) - (right.#fixed[i] as number)
      if (difference !== 0) return difference
    }
    return 0
  }

  static toConcatenatedFixedWidthBinary(ids: readonly ServiceId[]): Bytes {
    return concat(...ids.map((id) => id.#fixed))
  }
}

const withKind = (kind: ServiceIdKind, uuid: ArrayLike<number>, operation: string): Bytes => {
  if (uuid.length !== UUID_LENGTH) throw invalid(operation)
  return concat(Uint8Array.of(kind), Uint8Array.from(uuid))
}

/** An account's service id. */
export class Aci extends ServiceId {
  static fromUuid(text: string): Aci {
    return Aci.fromUuidBytes(parseUuid(text) ?? [])
  }

  static fromUuidBytes(bytes: ArrayLike<number>): Aci {
    return new Aci(withKind(ServiceIdKind.Aci, bytes, 'ServiceId_ParseFromUuid'))
  }
}

/** A phone number's service id. */
export class Pni extends ServiceId {
  static fromUuid(text: string): Pni {
    return Pni.fromUuidBytes(parseUuid(text) ?? [])
  }

  static fromUuidBytes(bytes: ArrayLike<number>): Pni {
    return new Pni(withKind(ServiceIdKind.Pni, bytes, 'ServiceId_ParseFromUuid'))
  }
}

/** The service id in 17 bytes, or `null`. */
export const parseFixedWidthId = (fixed: Uint8Array): ServiceId | null => {
  if (fixed.length !== SERVICE_ID_LENGTH) return null
  if (fixed[0] === ServiceIdKind.Aci) return new Aci(fixed)
  return fixed[0] === ServiceIdKind.Pni ? new Pni(fixed) : null
}

/** The service id that `text` names, or `null`. */
export const parseServiceId = (text: string): ServiceId | null => {
  const isPni = text.startsWith(PNI_PREFIX)
  const uuid = parseUuid(isPni ? text.slice(PNI_PREFIX.length) : text)
  if (uuid === null) return null
  return isPni ? Pni.fromUuidBytes(uuid) : Aci.fromUuidBytes(uuid)
}
