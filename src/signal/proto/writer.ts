import type { Bytes } from '../bytes.ts'

/** Length of a fixed64. */
export const FIXED64_LENGTH = 8

/** Length of `value` as unsigned LEB128. */
export const uintLength = (value: number): number => {
  let length = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++
  return length
}

/** Fills bytes of a known length from front to back. */
export type Writer = { readonly out: Bytes; at: number }

export const createWriter = (length: number): Writer => ({ out: new Uint8Array(length), at: 0 })

/** Writes a safe non-negative integer as unsigned LEB128. */
export const putUint = (writer: Writer, value: number): void => {
  let rest = value
  while (rest >= 0x80) {
    writer.out[writer.at++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  writer.out[writer.at++] = rest
}

export const putFixed64 = (writer: Writer, value: number): void => {
  new DataView(writer.out.buffer).setBigUint64(writer.at, BigInt(value), true)
  writer.at += FIXED64_LENGTH
}

export const putBytes = (writer: Writer, value: Uint8Array): void => {
  writer.out.set(value, writer.at)
  writer.at += value.length
}
