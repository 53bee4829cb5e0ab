/** Bytes whose buffer is a plain `ArrayBuffer`, as WebCrypto and libsignal-client's API want them. */
export type Bytes = Uint8Array<ArrayBuffer>

/** A fresh copy of `bytes` in its own buffer. */
export const copyBytes = (bytes: Uint8Array): Bytes => new Uint8Array(bytes)

/** Joins byte strings. */
export const concat = (...parts: readonly Uint8Array[]): Bytes => {
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

/** ASCII text as bytes; used for protocol labels only. */
export const ascii = (text: string): Bytes => Uint8Array.from(text, (char) => char.charCodeAt(0))

/** `value` as four bytes, most significant first. */
export const be32 = (value: number): Bytes => {
  const out = new Uint8Array(4)
  new DataView(out.buffer).setUint32(0, value)
  return out
}

/** `value` (a safe integer) as eight bytes, most significant first. */
export const be64 = (value: number): Bytes => {
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigUint64(0, BigInt(value))
  return out
}

/** Constant-time comparison; only the lengths can be learned from its duration. */
export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}

/** Overwrites secrets with zeros, as far as JavaScript allows (spec §15). */
export const wipe = (...secrets: readonly (Uint8Array | null | undefined)[]): void => {
  for (const secret of secrets) secret?.fill(0)
}

/** Lower-case hexadecimal text. */
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
