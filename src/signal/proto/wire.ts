import type { Bytes } from '../bytes.ts'
import { readUint, writeUint } from './varint.ts'

/** How a field is held: `bytes[]` is repeated, all others keep the last occurrence (spec §1.1). */
export type FieldKind = 'bytes' | 'uint32' | 'uint64' | 'fixed64' | 'string' | 'bytes[]'

/** Field name → [field number, kind]; listed in ascending number order, which is the order of emission. */
export type Schema = Readonly<Record<string, readonly [number, FieldKind]>>

type Value<K> = K extends 'bytes' ? Bytes : K extends 'bytes[]' ? Bytes[] : K extends 'string' ? string : number

export type Decoded<S extends Schema> = {
  -readonly [N in keyof S]: S[N][1] extends 'bytes[]' ? Bytes[] : Value<S[N][1]> | undefined
}
export type Encodable<S extends Schema> = {
  readonly [N in keyof S]?:
    | (S[N][1] extends 'bytes' ? Uint8Array : S[N][1] extends 'bytes[]' ? readonly Uint8Array[] : Value<S[N][1]>)
    | undefined
}

const WIRE_VARINT = 0
const WIRE_FIXED64 = 1
const WIRE_LENGTH = 2
const WIRE_FIXED32 = 5
const WIRE_OF: Readonly<Record<FieldKind, number>> = {
  bytes: WIRE_LENGTH,
  'bytes[]': WIRE_LENGTH,
  string: WIRE_LENGTH,
  uint32: WIRE_VARINT,
  uint64: WIRE_VARINT,
  fixed64: WIRE_FIXED64,
}
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const utf8Encoder = new TextEncoder()

const encodeField = (out: Uint8Array[], number: number, kind: FieldKind, value: unknown): void => {
  out.push(writeUint(number * 8 + WIRE_OF[kind]))
  if (kind === 'uint32' || kind === 'uint64') out.push(writeUint(value as number))
  else if (kind === 'fixed64') {
    const fixed = new Uint8Array(8)
    new DataView(fixed.buffer).setBigUint64(0, BigInt(value as number), true)
    out.push(fixed)
  } else {
    const bytes = kind === 'string' ? utf8Encoder.encode(value as string) : (value as Uint8Array)
    out.push(writeUint(bytes.length), bytes)
  }
}

/** Protobuf bytes of the given fields; an absent (`undefined`) field isn't written, a zero is. */
export const encode = <S extends Schema>(schema: S, values: Encodable<S>): Bytes => {
  const parts: Uint8Array[] = []
  for (const name in schema) {
    const [number, kind] = schema[name] as readonly [number, FieldKind]
    const value: unknown = values[name]
    if (value === undefined) continue
    if (kind === 'bytes[]') for (const item of value as Uint8Array[]) encodeField(parts, number, 'bytes', item)
    else encodeField(parts, number, kind, value)
  }
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/**
 * Parses protobuf bytes; unknown fields are skipped, any order is taken, byte fields are copies.
 * `null` when the bytes are malformed (truncated, wrong wire type of a known field, bad UTF-8, group).
 */
export const decode = <S extends Schema>(schema: S, bytes: Uint8Array): Decoded<S> | null => {
  const values: Record<string, unknown> = {}
  const byNumber = new Map<number, readonly [string, FieldKind]>()
  for (const name in schema) {
    const [number, kind] = schema[name] as readonly [number, FieldKind]
    values[name] = kind === 'bytes[]' ? [] : undefined
    byNumber.set(number, [name, kind])
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  while (at < bytes.length) {
    const tag = readUint(bytes, at)
    if (tag === null || tag.low < 8 || tag.big > 0xffffffffn) return null
    at = tag.end
    const wire = tag.low & 7
    const field = byNumber.get(tag.low >>> 3)
    if (field && WIRE_OF[field[1]] !== wire) return null
    if (wire === WIRE_VARINT) {
      const value = readUint(bytes, at)
      if (value === null) return null
      at = value.end
      if (!field) continue
      if (field[1] === 'uint64' && value.big > BigInt(Number.MAX_SAFE_INTEGER)) return null
      values[field[0]] = field[1] === 'uint64' ? Number(value.big) : value.low
    } else if (wire === WIRE_FIXED64) {
      if (at + 8 > bytes.length) return null
      if (field) {
        const value = view.getBigUint64(at, true)
        if (value > BigInt(Number.MAX_SAFE_INTEGER)) return null
        values[field[0]] = Number(value)
      }
      at += 8
    } else if (wire === WIRE_FIXED32) {
      at += 4
      if (at > bytes.length) return null
    } else if (wire === WIRE_LENGTH) {
      const length = readUint(bytes, at)
      if (length === null || length.big > BigInt(bytes.length - length.end)) return null
      at = length.end + length.low
      if (!field) continue
      const content = Uint8Array.from(bytes.subarray(length.end, at))
      if (field[1] === 'bytes[]') (values[field[0]] as Bytes[]).push(content)
      else if (field[1] === 'bytes') values[field[0]] = content
      else {
        try {
          values[field[0]] = utf8.decode(content)
        } catch {
          return null
        }
      }
    } else return null
  }
  return values as Decoded<S>
}
