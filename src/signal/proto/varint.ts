import type { Bytes } from '../bytes.ts'

const MAX_VARINT_BYTES = 10

/** Unsigned LEB128 of a safe non-negative integer. */
export const writeUint = (value: number): Bytes => {
  if (value < 0x80) return Uint8Array.of(value)
  const out: number[] = []
  let rest = value
  while (rest >= 0x80) {
    out.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  out.push(rest)
  return Uint8Array.from(out)
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

/** Reads a varint at `at`; `null` when truncated, longer than ten bytes or wider than 64 bits. */
export const readUint = (bytes: Uint8Array, at: number): Varint | null => {
  const first = bytes[at]
  if (first !== undefined && first < 0x80) return { low: first, big: cachedBig[first] as bigint, end: at + 1 }
  let big = 0n
  for (let i = 0; i < MAX_VARINT_BYTES; i++) {
    const byte = bytes[at + i]
    if (byte === undefined) return null
    big |= BigInt(byte & 0x7f) << BigInt(7 * i)
    if (byte < 0x80) {
      if (big > 0xffffffffffffffffn) return null
      return { low: Number(big & 0xffffffffn), big, end: at + i + 1 }
    }
  }
  return null
}
