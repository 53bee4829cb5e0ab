import { copyBytes, type Bytes } from '../bytes.ts'
import { readUint } from './varint.ts'
import {
  createWriter,
  FIXED64_LENGTH,
  putBytes,
  putFixed64,
  putUint,
  uintLength,
  type Writer,
} from './writer.ts'

/** How a field is held: lists are repeated, all others keep the last occurrence (spec §1.1). */
export type FieldKind =
  'bytes' | 'uint32' | 'uint64' | 'fixed64' | 'string' | 'bytes[]' | 'message' | 'message[]'

/** A field that has to be there to be decoded; a number says how many bytes it has to have. */
type Presence = 'required' | number

/** Field name → [field number, kind]; listed in ascending number order, which is the order of emission. */
export type Schema = Readonly<Record<string, readonly [number, FieldKind, Presence?]>>

type Value<K> = K extends 'bytes' | 'message'
  ? Bytes
  : K extends 'bytes[]' | 'message[]'
    ? Bytes[]
    : K extends 'string'
      ? string
      : number

export type Decoded<S extends Schema> = {
  -readonly [N in keyof S]: S[N] extends
    readonly [number, 'bytes[]' | 'message[]'] | readonly [number, FieldKind, Presence]
    ? Value<S[N][1]>
    : Value<S[N][1]> | undefined
}
type Input<K> = K extends 'bytes'
  ? Uint8Array
  : K extends 'bytes[]'
    ? readonly Uint8Array[]
    : K extends 'message'
      ? Message
      : K extends 'message[]'
        ? readonly Message[]
        : K extends 'string'
          ? string
          : number
export type Encodable<S extends Schema> = { readonly [N in keyof S]?: Input<S[N][1]> | undefined }

const WIRE_VARINT = 0
const WIRE_FIXED64 = 1
const WIRE_LENGTH = 2
const WIRE_FIXED32 = 5
const FIXED32_LENGTH = 4
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
const MAX_TAG = 0xffffffff
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const utf8Encoder = new TextEncoder()

const isList = (kind: FieldKind): boolean => kind === 'bytes[]' || kind === 'message[]'

type Field = {
  readonly name: string
  readonly tag: number
  readonly kind: FieldKind
  readonly presence: Presence | undefined
}
type Compiled = { readonly inOrder: readonly Field[]; readonly byNumber: ReadonlyMap<number, Field> }

// A pure function of the schema, remembered because records are coded on every message.
const compiled = new WeakMap<Schema, Compiled>()
const compile = (schema: Schema): Compiled => {
  const known = compiled.get(schema)
  if (known) return known
  const inOrder = Object.entries(schema).map(([name, [number, kind, presence]]) => ({
    name,
    tag: number * 8 + WIRE_OF[kind],
    kind,
    presence,
  }))
  const result = { inOrder, byNumber: new Map(inOrder.map((field) => [field.tag >>> 3, field])) }
  compiled.set(schema, result)
  return result
}

/** A message to be written, alone or as a field of another: it is measured once and its bytes are written in one go. */
export type Message = { readonly length: number; readonly fields: readonly (readonly [Field, Item])[] }
type Item = Uint8Array | Message | number

const itemLength = ({ kind, tag }: Field, item: Item): number => {
  if (typeof item !== 'number') return uintLength(tag) + uintLength(item.length) + item.length
  return uintLength(tag) + (kind === 'fixed64' ? FIXED64_LENGTH : uintLength(item))
}

/** Prepares the given fields; an absent (`undefined`) field isn't written, a zero is. */
export const message = <S extends Schema>(schema: S, values: Encodable<S>): Message => {
  const fields: (readonly [Field, Item])[] = []
  let length = 0
  const add = (field: Field, item: Item): void => {
    fields.push([field, item])
    length += itemLength(field, item)
  }
  for (const field of compile(schema).inOrder) {
    const value = values[field.name] as Item | readonly Item[] | string | undefined
    if (value === undefined) continue
    if (isList(field.kind)) for (const item of value as readonly Item[]) add(field, item)
    else add(field, typeof value === 'string' ? utf8Encoder.encode(value) : (value as Item))
  }
  return { length, fields }
}

const putMessage = (writer: Writer, { fields }: Message): void => {
  for (const [{ tag, kind }, item] of fields) {
    putUint(writer, tag)
    if (typeof item === 'number') {
      if (kind === 'fixed64') putFixed64(writer, item)
      else putUint(writer, item)
    } else {
      putUint(writer, item.length)
      if ('fields' in item) putMessage(writer, item)
      else putBytes(writer, item)
    }
  }
}

/** Protobuf bytes of the given fields. */
export const encode = <S extends Schema>(schema: S, values: Encodable<S>): Bytes => {
  const prepared = message(schema, values)
  const writer = createWriter(prepared.length)
  putMessage(writer, prepared)
  return writer.out
}

const decodeText = (content: Uint8Array): string | null => {
  try {
    return utf8.decode(content)
  } catch {
    return null
  }
}

const readFixed64 = (bytes: Uint8Array, at: number): number | null => {
  const value = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(at, true))
  return value > Number.MAX_SAFE_INTEGER ? null : value
}

const isComplete = ({ presence }: Field, value: unknown): boolean =>
  presence === undefined ||
  (presence === 'required' ? value !== undefined : (value as Bytes | undefined)?.length === presence)

/**
 * Parses protobuf bytes; unknown fields are skipped, any order is taken. Byte fields are views into one copy of the input.
 * `null` when the bytes are malformed (truncated, wrong wire type of a known field, bad UTF-8, group) or a required field
 * is absent or of another length than it has to have.
 */
export const decode = <S extends Schema>(schema: S, bytes: Uint8Array): Decoded<S> | null =>
  decodeOwned(schema, copyBytes(bytes))

/** As `decode`, of bytes that nobody else will change: byte fields are views into them. */
export const decodeOwned = <S extends Schema>(schema: S, bytes: Bytes): Decoded<S> | null => {
  const values: Record<string, unknown> = {}
  const { inOrder, byNumber } = compile(schema)
  for (const { name, kind } of inOrder) values[name] = isList(kind) ? [] : undefined
  let at = 0
  while (at < bytes.length) {
    const tag = readUint(bytes, at)
    if (tag === null || tag.low < 8 || tag.value > MAX_TAG) return null
    at = tag.end
    const wire = tag.low & 7
    const field = byNumber.get(tag.low >>> 3)
    if (field && (field.tag & 7) !== wire) return null
    if (wire === WIRE_VARINT) {
      const number = readUint(bytes, at)
      if (number === null) return null
      at = number.end
      if (!field) continue
      if (field.kind === 'uint64' && number.value > Number.MAX_SAFE_INTEGER) return null
      values[field.name] = field.kind === 'uint64' ? number.value : number.low
    } else if (wire === WIRE_FIXED64) {
      if (at + FIXED64_LENGTH > bytes.length) return null
      const value = readFixed64(bytes, at)
      if (field && value === null) return null
      if (field) values[field.name] = value
      at += FIXED64_LENGTH
    } else if (wire === WIRE_FIXED32) {
      at += FIXED32_LENGTH
      if (at > bytes.length) return null
    } else if (wire === WIRE_LENGTH) {
      const length = readUint(bytes, at)
      if (length === null || length.value > bytes.length - length.end) return null
      at = length.end + length.low
      if (!field) continue
      const content = bytes.subarray(length.end, at)
      if (isList(field.kind)) (values[field.name] as Uint8Array[]).push(content)
      else if (field.kind !== 'string') values[field.name] = content
      else {
        const text = decodeText(content)
        if (text === null) return null
        values[field.name] = text
      }
    } else return null
  }
  return inOrder.every((field) => isComplete(field, values[field.name])) ? (values as Decoded<S>) : null
}
