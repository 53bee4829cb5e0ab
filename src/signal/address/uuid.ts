import { toHex, type Bytes } from '../bytes.ts'

/** A hyphenated UUID. */
export type Uuid = string

const PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The 16 bytes of a hyphenated UUID; `null` when it isn't one. */
export const parseUuid = (text: string): Bytes | null =>
  PATTERN.test(text) ? Uint8Array.from(text.matchAll(/[0-9a-f]{2}/gi), ([byte]) => parseInt(byte, 16)) : null

/** Hyphenated, lower-case text of 16 bytes. */
export const formatUuid = (bytes: Uint8Array): Uuid => {
  const hex = toHex(bytes)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
