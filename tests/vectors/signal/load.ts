import { shake256 } from '@noble/hashes/sha3.js'
import vectors from './vectors.json' with { type: 'json' }

/** Bytes of hexadecimal text. */
export const hex = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'hex'))

/** Hexadecimal text of bytes. */
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The deterministic byte source that the vectors name: SHAKE256("kat " ‖ s) to n bytes. */
export const seed = (name: string, length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(shake256(new TextEncoder().encode(`kat ${name}`), { dkLen: length }))

export { vectors }
