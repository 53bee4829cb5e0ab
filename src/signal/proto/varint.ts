import type { Bytes } from '../bytes.ts'
import { createWriter, putUint, uintLength } from './writer.ts'

/** Place of the tenth byte, the last that there can be. */
const LAST = 9
const GROUP = 0x80
/** What the tenth byte may be: the 64th bit. */
const MAX_LAST_BYTE = 1

/** Unsigned LEB128 of a safe non-negative integer. */
export const writeUint = (value: number): Bytes => {
  const writer = createWriter(uintLength(value))
  putUint(writer, value)
  return writer.out
}

export type Varint = {
  /** The lowest 32 bits, as protobuf truncates a uint32. */
  readonly low: number
  /** The whole value; exact up to 2^53 − 1 and never below it beyond. */
  readonly value: number
  /** Offset after the last byte. */
  readonly end: number
}

/** Reads a varint at `at`; `null` when truncated, longer than ten bytes or wider than 64 bits. */
export const readUint = (bytes: Uint8Array, at: number): Varint | null => {
  let low = 0
  let value = 0
  let scale = 1
  for (let i = 0; ; i++) {
    const byte = bytes[at + i]
    if (byte === undefined || (i === LAST && byte > MAX_LAST_BYTE)) return null
    const bits = byte % GROUP
    if (7 * i < 32) low = (low | (bits << (7 * i))) >>> 0
    value += bits * scale
    if (byte < GROUP) return { low, value, end: at + i + 1 }
    scale *= GROUP
  }
}
