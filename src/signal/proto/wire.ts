import type { Bytes } from '../bytes.ts'
import { readUint } from './varint.ts'
import { createWriter, putBytes, putFixed64, putUint, uintLength, type Writer } from './writer.ts'

/**
 * How a field is held: lists are repeated, all others keep the last occurrence (spec §1.1). `bytes` is copied on decoding,
 * `message` is a view into the input, to be decoded at once.
 */
export type FieldKind =
  'bytes' | 'uint32' | 'uint64' | 'fixed64' | 'string' | 'bytes[]' | 'message' | 'message[]'

/** Field name → [field number, kind]; listed in ascending number order, which is the order of emission. */
export type Schema = Readonly<Record<string, readonly [number, FieldKind]>>

type Value<K> = K extends 'bytes'
  ? Bytes
  : K extends 'message'
    ? Uint8Array
    : K extends 'bytes[]'
      ? Bytes[]
      : K extends 'message[]'
        ? Uint8Array[]
        : K extends 'string'
          ? string
          : number

export type Decoded<S extends Schema> = {
  -readonly [N in keyof S]: S[N][1] extends 'bytes[]' | 'message[]'
    ? Value<S[N][1]>
    : Value<S[N][1]> | undefined
}
export type Encodable<S extends Schema> = {
  readonly [N in keyof S]?:
    | (S[N][1] extends 'bytes'
        ? Uint8Array
        : S[N][1] extends 'bytes[]' | 'message[]'
          ? readonly Uint8Array[]
          : Value<S[N][1]>)
    | undefined
}

const WIRE_VARINT = 0
const WIRE_FIXED64 = 1
const WIRE_LENGTH = 2
const WIRE_FIXED32 = 5
const WIRE_OF: Readonly<Record<FieldKind, number>> = {
  bytes: WIRE_LENGTH,
  'bytes[]': WIRE_LENGTH,
  message: WIRE_LENGTH,
  'message[]': WIRE_LENGTH,
  string: WIRE_LENGTH,
  uint32: WIRE_VARINT,
  uint64: WIRE_VARINT,
  fixed64: WIRE_FIXED64,
}
const MAX_TAG = 0xffffffffn
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const utf8Encoder = new TextEncoder()

const isList = (kind: FieldKind): boolean => kind === 'bytes[]' || kind === 'message[]'

type Field = { readonly name: string; readonly tag: number; readonly kind: FieldKind }
type Compiled = { readonly inOrder: readonly Field[]; readonly byNumber: ReadonlyMap<number, Field> }

// A pure function of the schema, remembered because records are coded on every message.
const compiled = new WeakMap<Schema, Compiled>()
const compile = (schema: Schema): Compiled => {
  const known = compiled.get(schema)
  if (known) return known
  const inOrder = Object.entries(schema).map(([name, [number, kind]]) => ({
    name,
    tag: number * 8 + WIRE_OF[kind],
    kind,
  }))
  const result = { inOrder, byNumber: new Map(inOrder.map((field) => [field.tag >>> 3, field])) }
  compiled.set(schema, result)
  return result
}

const itemLength = (tag: number, kind: FieldKind, value: unknown): number => {
  if (kind === 'uint32' || kind === 'uint64') return uintLength(tag) + uintLength(value as number)
  if (kind === 'fixed64') return uintLength(tag) + 8
  const { length } = value as Uint8Array
  return uintLength(tag) + uintLength(length) + length
}

const putItem = (writer: Writer, tag: number, kind: FieldKind, value: unknown): void => {
  putUint(writer, tag)
  if (kind === 'uint32' || kind === 'uint64') putUint(writer, value as number)
  else if (kind === 'fixed64') putFixed64(writer, value as number)
  else {
    putUint(writer, (value as Uint8Array).length)
    putBytes(writer, value as Uint8Array)
  }
}

/** Protobuf bytes of the given fields; an absent (`undefined`) field isn't written, a zero is. */
export const encode = <S extends Schema>(schema: S, values: Encodable<S>): Bytes => {
  const { inOrder } = compile(schema)
  const ready = inOrder.map(({ name, kind }): unknown => {
    const value: unknown = values[name]
    return kind === 'string' && value !== undefined ? utf8Encoder.encode(value as string) : value
  })
  let length = 0
  inOrder.forEach(({ tag, kind }, i) => {
    const value = ready[i]
    if (value === undefined) return
    if (isList(kind)) for (const item of value as Uint8Array[]) length += itemLength(tag, kind, item)
    else length += itemLength(tag, kind, value)
  })
  const writer = createWriter(length)
  inOrder.forEach(({ tag, kind }, i) => {
    const value = ready[i]
    if (value === undefined) return
    if (isList(kind)) for (const item of value as Uint8Array[]) putItem(writer, tag, kind, item)
    else putItem(writer, tag, kind, value)
  })
  return writer.out
}

// Not the method: a Node Buffer's own slice() doesn't copy.
const copyOf = (bytes: Uint8Array, start: number, end: number): Bytes =>
  new Uint8Array(bytes.subarray(start, end))

const decodeText = (content: Uint8Array): string | null => {
  try {
    return utf8.decode(content)
  } catch {
    return null
  }
}

const readFixed64 = (bytes: Uint8Array, at: number): number | null => {
  const value = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(at, true)
  return value > MAX_SAFE ? null : Number(value)
}

/**
 * Parses protobuf bytes; unknown fields are skipped, any order is taken, byte fields are copies.
 * `null` when the bytes are malformed (truncated, wrong wire type of a known field, bad UTF-8, group).
 */
export const decode = <S extends Schema>(schema: S, bytes: Uint8Array): Decoded<S> | null => {
  const values: Record<string, unknown> = {}
  const { inOrder, byNumber } = compile(schema)
  for (const { name, kind } of inOrder) values[name] = isList(kind) ? [] : undefined
  let at = 0
  while (at < bytes.length) {
    const tag = readUint(bytes, at)
    if (tag === null || tag.low < 8 || tag.big > MAX_TAG) return null
    at = tag.end
    const wire = tag.low & 7
    const field = byNumber.get(tag.low >>> 3)
    if (field && (field.tag & 7) !== wire) return null
    if (wire === WIRE_VARINT) {
      const value = readUint(bytes, at)
      if (value === null) return null
      at = value.end
      if (!field) continue
      if (field.kind === 'uint64' && value.big > MAX_SAFE) return null
      values[field.name] = field.kind === 'uint64' ? Number(value.big) : value.low
    } else if (wire === WIRE_FIXED64) {
      if (at + 8 > bytes.length) return null
      const value = readFixed64(bytes, at)
      if (field && value === null) return null
      if (field) values[field.name] = value
      at += 8
    } else if (wire === WIRE_FIXED32) {
      at += 4
      if (at > bytes.length) return null
    } else if (wire === WIRE_LENGTH) {
      const length = readUint(bytes, at)
      if (length === null || length.big > BigInt(bytes.length - length.end)) return null
      at = length.end + length.low
      if (!field) continue
      const isCopied = field.kind === 'bytes' || field.kind === 'bytes[]'
      const content = isCopied ? copyOf(bytes, length.end, at) : bytes.subarray(length.end, at)
      if (isList(field.kind)) (values[field.name] as Uint8Array[]).push(content)
      else if (field.kind !== 'string') values[field.name] = content
      else {
        const text = decodeText(content)
        if (text === null) return null
        values[field.name] = text
      }
    } else return null
  }
  return values as Decoded<S>
}
