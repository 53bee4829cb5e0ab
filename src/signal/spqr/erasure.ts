import type { Bytes } from '../bytes.ts'
import {
  append,
  countOf,
  dataAt,
  indexAt,
  placeOf,
  type IndexedBytes,
  type PackedList,
} from '../proto/packed.ts'
import { gfLog, gfProductOf, GROUP_ORDER } from './gf.ts'

/** Length of one chunk (spec §5.2). */
export const CHUNK_LENGTH = 32
const CHUNK_INDEX_LIMIT = 0x10000
const WORD_LENGTH = 2

/** Something being sent in chunks. */
export type Encoder = { readonly data: Bytes; readonly counter: number }
/** Something being collected from chunks; `length` bytes when done. */
export type Decoder = { readonly length: number; readonly chunks: PackedList }

/** The points that a polynomial goes through: chunk `data` at `node`. */
type Points = {
  readonly nodes: readonly number[]
  readonly data: readonly Uint8Array[]
  /** Logarithm of ∏(node − other) for each node: what interpolating at any place divides by. */
  readonly divisors: readonly number[]
}

const divisorsOf = (nodes: readonly number[]): number[] =>
  nodes.map((node, i) => {
    let sum = 0
    nodes.forEach((other, j) => {
      if (i !== j) sum += gfLog(node ^ other)
    })
    return sum % GROUP_ORDER
  })

type Range = Pick<Points, 'nodes' | 'divisors'>

const rangeOf = (count: number): Range => {
  const nodes = Array.from({ length: count }, (_, i) => i)
  return { nodes, divisors: divisorsOf(nodes) }
}

// Chunks are numbered from 0, and nothing that is sent has more of them than the key (spec §5.2): the same for every message.
const LONGEST = 36
const RANGES: readonly Range[] = Array.from({ length: LONGEST + 1 }, (_, count) => rangeOf(count))
const range = (count: number): Range => RANGES[count] ?? rangeOf(count)

// The value at `x`, which is none of the nodes, for all 16 words at once (Lagrange, in logarithms).
const interpolate = ({ nodes, data, divisors }: Points, x: number): Bytes => {
  const out = new Uint8Array(CHUNK_LENGTH)
  let product = 0
  for (const node of nodes) product += gfLog(x ^ node)
  nodes.forEach((node, i) => {
    const weight = (product - gfLog(x ^ node) + GROUP_ORDER - (divisors[i] as number)) % GROUP_ORDER
    const chunk = data[i] as Uint8Array
    for (let at = 0; at < CHUNK_LENGTH; at += WORD_LENGTH) {
      const term = gfProductOf(weight, ((chunk[at] as number) << 8) | (chunk[at + 1] as number))
      out[at] = (out[at] as number) ^ (term >> 8)
      out[at + 1] = (out[at + 1] as number) ^ (term & 0xff)
    }
  })
  return out
}

/** Chunk `index` (0–65535) of `data`, whose length is a multiple of 32. */
export const chunkAt = (data: Bytes, index: number): Bytes => {
  const chunk = (place: number): Bytes => data.subarray(place * CHUNK_LENGTH, (place + 1) * CHUNK_LENGTH)
  const count = data.length / CHUNK_LENGTH
  if (index < count) return chunk(index)
  const { nodes, divisors } = range(count)
  return interpolate({ nodes, divisors, data: nodes.map(chunk) }, index)
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
  placeOf(decoder.chunks, chunk.index) >= 0
    ? decoder
    : { length: decoder.length, chunks: append(decoder.chunks, [chunk]) }

/** The whole message once enough chunks are held, else `null`. */
export const decoded = ({ length, chunks }: Decoder): Bytes | null => {
  const needed = length / CHUNK_LENGTH
  if (countOf(chunks) < needed) return null
  const { nodes: places } = range(needed)
  const nodes = places.map((place) => indexAt(chunks, place))
  const points = { nodes, data: places.map((place) => dataAt(chunks, place)), divisors: divisorsOf(nodes) }
  const out = new Uint8Array(length)
  for (const i of places) {
    const held = nodes.indexOf(i)
    out.set(held < 0 ? interpolate(points, i) : (points.data[held] as Bytes), i * CHUNK_LENGTH)
  }
  return out
}
