import type { Bytes } from '../bytes.ts'
import { createWriter, putUint, uintLength } from './writer.ts'

const MAX_VARINT_BYTES = 10
const MAX_UINT64 = 0xffffffffffffffffn

/** Unsigned LEB128 of a safe non-negative integer. */
export const writeUint = (value: number): Bytes => {
  const writer = createWriter(uintLength(value))
  putUint(writer, value)
  return writer.out
}

export type Varint = {
  /** The lowest 32 bits, as protobuf truncates a uint32. */
  readonly low: number
  /** All 64 bits. */
  readonly big: bigint
  /** Offset after the last byte. */
  readonly end: number
}

const cachedBig = Array.from({ length: 0x80 }, (_, i) => BigInt(i))

// Bytes that a 32-bit value can take with all its bits below 2^28 need no big integers.
const SMALL_BYTES = 4

/** Reads a varint at `at`; `null` when truncated, longer than ten bytes or wider than 64 bits. */
export const readUint = (bytes: Uint8Array, at: number): Varint | null => {
  let small = 0
  for (let i = 0; i < SMALL_BYTES; i++) {
    const byte = bytes[at + i]
    if (byte === undefined) return null
    small |= (byte & 0x7f) << (7 * i)
    if (byte < 0x80) return { low: small, big: cachedBig[small] ?? BigInt(small), end: at + i + 1 }
  }
  let big = BigInt(small)
  for (let i = SMALL_BYTES; i < MAX_VARINT_BYTES; i++) {
    const byte = bytes[at + i]
    if (byte === undefined) return null
    big |= BigInt(byte & 0x7f) << BigInt(7 * i)
    if (byte < 0x80) return big > MAX_UINT64 ? null : { low: Number(big & 0xffffffffn), big, end: at + i + 1 }
  }
  return null
}
