import type { Bytes } from '../bytes.ts'
import type { IndexedBytes } from '../proto/packed.ts'
import { gfDivide, gfMultiply } from './gf.ts'

/** Length of one chunk (spec §5.2). */
export const CHUNK_LENGTH = 32
const CHUNK_INDEX_LIMIT = 0x10000
const WORD_LENGTH = 2

/** Something being sent in chunks. */
export type Encoder = { readonly data: Bytes; readonly counter: number }
/** Something being collected from chunks; `length` bytes when done. */
export type Decoder = { readonly length: number; readonly chunks: readonly IndexedBytes[] }

const word = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 8) | (bytes[at + 1] as number)

// The value at `x` of the polynomial through (nodes[i], chunks[i]), for all 16 words at once (Lagrange).
const interpolate = (nodes: readonly number[], chunks: readonly Uint8Array[], x: number): Bytes => {
  const out = new Uint8Array(CHUNK_LENGTH)
  nodes.forEach((node, i) => {
    let numerator = 1
    let denominator = 1
    nodes.forEach((other, j) => {
      if (i === j) return
      numerator = gfMultiply(numerator, x ^ other)
      denominator = gfMultiply(denominator, node ^ other)
    })
    const weight = gfDivide(numerator, denominator)
    const chunk = chunks[i] as Uint8Array
    for (let at = 0; at < CHUNK_LENGTH; at += WORD_LENGTH) {
      const term = gfMultiply(weight, word(chunk, at))
      out[at] = (out[at] as number) ^ (term >> 8)
      out[at + 1] = (out[at + 1] as number) ^ (term & 0xff)
    }
  })
  return out
}

const split = (data: Uint8Array): Uint8Array[] => {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < data.length; at += CHUNK_LENGTH) chunks.push(data.subarray(at, at + CHUNK_LENGTH))
  return chunks
}

/** Chunk `index` (0–65535) of `data`, whose length is a multiple of 32. */
export const chunkAt = (data: Uint8Array, index: number): Bytes => {
  const chunks = split(data)
  const own = chunks[index]
  if (own) return new Uint8Array(own)
  return interpolate(
    chunks.map((_, i) => i),
    chunks,
    index
  )
}

/** The next chunk to send, and the encoder after it. */
export const nextChunk = (encoder: Encoder): { readonly encoder: Encoder; readonly chunk: IndexedBytes } => {
  const index = encoder.counter % CHUNK_INDEX_LIMIT
  return {
    encoder: { data: encoder.data, counter: (encoder.counter + 1) % CHUNK_INDEX_LIMIT },
    chunk: { index, data: chunkAt(encoder.data, index) },
  }
}

/** Adds a chunk; one whose index is held already changes nothing. */
export const addChunk = (decoder: Decoder, chunk: IndexedBytes): Decoder =>
  decoder.chunks.some((held) => held.index === chunk.index)
    ? decoder
    : { length: decoder.length, chunks: [...decoder.chunks, chunk] }

/** The whole message once enough chunks are held, else `null`. */
export const decoded = (decoder: Decoder): Bytes | null => {
  const needed = decoder.length / CHUNK_LENGTH
  if (decoder.chunks.length < needed) return null
  const held = decoder.chunks.slice(0, needed)
  const nodes = held.map((chunk) => chunk.index)
  const chunks = held.map((chunk) => chunk.data)
  const out = new Uint8Array(decoder.length)
  for (let i = 0; i < needed; i++) {
    const own = held.find((chunk) => chunk.index === i)
    out.set(own ? own.data : interpolate(nodes, chunks, i), i * CHUNK_LENGTH)
  }
  return out
}
