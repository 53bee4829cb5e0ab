import type { Bytes } from '../bytes.ts'

/** `length` bytes from the platform's secure generator (`crypto.getRandomValues`). */
export const randomBytes = (length: number): Bytes =>
  globalThis.crypto.getRandomValues(new Uint8Array(length))
