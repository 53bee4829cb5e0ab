import { createHash } from 'node:crypto'
import { createKeyedQueue } from '../../src/lib/keyed-queue.ts'
import { equalBytes, fromHex } from '../../src/lib/bytes.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import type { BlobFiles } from './blob-files.ts'
import type { BlobState, BlobStore } from './blob-store.ts'
import type { Range } from './range.ts'

const { blobChunk: PIECE } = LIMITS

const piecesOf = (size: number): number => Math.ceil(size / PIECE)
/** So many blobs whose bytes cannot be deleted are passed over; of more it is the storage that is away, and each would take its time. */
const FAILURES = 5
const bytesOf = (id: string): Uint8Array => fromHex(id) ?? new Uint8Array()

/** What became of a piece. `elsewhere`: the upload stands at another place. `wrong`: the bytes are not those of the id; all are gone. */
export type Appended =
  | { readonly outcome: 'taken'; readonly state: BlobState }
  | { readonly outcome: 'elsewhere'; readonly state: BlobState }
  | { readonly outcome: 'none' | 'length' | 'wrong' }

/** Bytes and what is known of them, together. Ids are in hex; times in ms since 1970. */
export interface Blobs {
  /** Adds the piece that begins at `offset`; resolves when it is durable. With the last one the whole is checked. */
  append(id: string, offset: number, bytes: Uint8Array, now: number): Promise<Appended>
  /** Bytes of a complete blob, in order. Undefined when they are not there. */
  read(id: string, range: Range): Promise<AsyncIterable<Uint8Array> | undefined>
  /** Looks through up to `most` that have ended, and deletes them; answers how many. Fails in the end when some could not be deleted. */
  sweep(now: number, most: number): Promise<number>
}

/** Makes it. `lifetime`: ms that a complete blob is kept. */
export const createBlobs = (store: BlobStore, files: BlobFiles, lifetime: number): Blobs => {
  // Pieces of one upload one after another, so that none is written over when the whole has been checked.
  const queue = createKeyedQueue()

  const isRight = async (id: string, size: number): Promise<boolean> => {
    const hash = createHash('sha256')
    for (let piece = 0; piece < piecesOf(size); piece++)
      hash.update((await files.get(id, piece)) ?? new Uint8Array())
    return equalBytes(hash.digest(), bytesOf(id))
  }

  const destroy = async (id: string, size: number): Promise<void> => {
    await files.remove(id, piecesOf(size))
    await store.remove([bytesOf(id)])
  }

  const append = async (id: string, offset: number, bytes: Uint8Array, now: number): Promise<Appended> => {
    const key = bytesOf(id)
    const state = await store.find(key, now)
    if (!state) return { outcome: 'none' }
    if (state.complete || state.received !== offset) return { outcome: 'elsewhere', state }
    if (bytes.length !== Math.min(PIECE, state.size - offset)) return { outcome: 'length' }
    await files.put(id, offset / PIECE, bytes)
    const received = offset + bytes.length
    const complete = received === state.size
    if (complete && !(await isRight(id, state.size))) {
      await store.end(key)
      await destroy(id, state.size)
      return { outcome: 'wrong' }
    }
    const isMoved = complete
      ? await store.complete(key, offset, received, now + lifetime)
      : await store.advance(key, offset, received)
    if (isMoved) return { outcome: 'taken', state: { ...state, received, complete } }
    const other = await store.find(key, now)
    return other ? { outcome: 'elsewhere', state: other } : { outcome: 'none' }
  }

  const slices = async function* (
    id: string,
    { first, last }: Range,
    head: Uint8Array
  ): AsyncIterable<Uint8Array> {
    for (let piece = Math.floor(first / PIECE); piece <= Math.floor(last / PIECE); piece++) {
      const begin = piece * PIECE
      const bytes = begin <= first ? head : await files.get(id, piece)
      // The connection breaks, and whoever reads asks again: better than bytes of something else.
      if (!bytes) throw new Error('a piece of a blob is gone')
      yield bytes.subarray(Math.max(0, first - begin), last - begin + 1)
    }
  }

  return {
    append: (id, offset, bytes, now) => queue.run(id, () => append(id, offset, bytes, now)),
    read: async (id, range) => {
      const head = await files.get(id, Math.floor(range.first / PIECE))
      return head && slices(id, range, head)
    },
    sweep: async (now, most) => {
      const ended = await store.ended(now, most)
      const errors: unknown[] = []
      for (const { id, size } of ended) {
        const name = Buffer.from(id).toString('hex')
        const turn = queue.run(name, async () => {
          // Its last piece may have come meanwhile, or its id begun anew.
          if (await store.isEnded(id, now)) await destroy(name, size)
        })
        await turn.catch((error: unknown) => errors.push(error))
        if (errors.length > FAILURES) break
      }
      if (errors.length > 0) throw errors[0]
      return ended.length
    },
  }
}
