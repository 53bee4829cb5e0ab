import { createHash } from 'node:crypto'
import { createKeyedQueue } from '../../src/lib/keyed-queue.ts'
import { equalBytes, fromHex, toHex } from '../../src/lib/bytes.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { rememberFor } from '../remember-for.ts'
import type { BlobFiles } from './blob-files.ts'
import type { BlobState, BlobStore } from './blob-store.ts'
import type { Range } from './range.ts'

const { blobChunk: PIECE } = LIMITS

const piecesOf = (size: number): number => Math.ceil(size / PIECE)
/** Ms of a sweep that may go into blobs which cannot be deleted: storage that is away takes its time for each, and is tried again later. */
const FAILURE_TIME = 30_000
const bytesOf = (id: string): Uint8Array => fromHex(id) ?? new Uint8Array()

/**
 * What became of a piece. `elsewhere`: the upload stands at another place. `wrong`: the bytes are not those of the id; all are gone. `full`:
 * there is no room for it now.
 */
export type Appended =
  | { readonly outcome: 'taken'; readonly state: BlobState }
  | { readonly outcome: 'elsewhere'; readonly state: BlobState }
  | { readonly outcome: 'none' | 'length' | 'wrong' | 'full' }

/** Bytes and what is known of them, together. Ids are in hex; times in ms since 1970. */
export interface Blobs {
  /** Adds the piece that begins at `offset`; resolves when it is durable. With the last one the whole is checked. */
  append(id: string, offset: number, bytes: Uint8Array, now: number): Promise<Appended>
  /** Bytes of a complete blob, in order. Undefined when they are not there. */
  read(id: string, range: Range): Promise<AsyncIterable<Uint8Array> | undefined>
  /** Looks through up to `most` that have ended, and deletes them, going on where it stopped the time before. */
  sweep(now: number, most: number): Promise<Swept>
}

/** `tried` of those that have ended: some were deleted, and some could not be, for these reasons. */
export interface Swept {
  readonly tried: number
  readonly deleted: number
  readonly failures: readonly unknown[]
}

export interface BlobSettings {
  /** Bytes that all may take up. Uploads that have begun may want more together: their pieces are refused then. */
  readonly capacity: number
  /** Ms that a complete blob is kept. */
  readonly lifetime: number
  /** Ms without a further piece after which an upload is given up. */
  readonly unfinished: number
  readonly failures?: number
}

/** Ms that a sum over all blobs is good for: it is asked for each piece, and goes over all rows. */
const SUM_LIFE = 2_000

/** Makes it. */
export const createBlobs = (store: BlobStore, files: BlobFiles, settings: BlobSettings): Blobs => {
  const { capacity, lifetime, unfinished, failures: failureTime = FAILURE_TIME } = settings
  const held = rememberFor(SUM_LIFE, () => store.held())
  let sweptTo: Uint8Array = new Uint8Array()
  // Pieces of one upload one after another. Other relays over the same store have queues of their own: what decides is who moves the upload on.
  const queue = createKeyedQueue()

  /** Whether a last piece makes the whole. Asked before it is written: another relay may have finished the blob meanwhile. */
  const isRight = async (id: string, last: number, bytes: Uint8Array): Promise<boolean> => {
    const hash = createHash('sha256')
    for (let piece = 0; piece < last; piece++) hash.update((await files.get(id, piece)) ?? new Uint8Array())
    return equalBytes(hash.update(bytes).digest(), bytesOf(id))
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
    if ((await held()) > capacity) return { outcome: 'full' }
    const received = offset + bytes.length
    const complete = received === state.size
    if (complete && !(await isRight(id, offset / PIECE, bytes))) {
      if (!(await store.end(key, offset))) return whereItStands(id, now)
      await destroy(id, state.size)
      return { outcome: 'wrong' }
    }
    await files.put(id, offset / PIECE, bytes)
    const isMoved = complete
      ? await store.complete(key, offset, received, now + lifetime)
      : await store.advance(key, offset, received, now + unfinished)
    return isMoved ? { outcome: 'taken', state: { ...state, received, complete } } : whereItStands(id, now)
  }

  const whereItStands = async (id: string, now: number): Promise<Appended> => {
    const other = await store.find(bytesOf(id), now)
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
      const ended = await store.ended(now, most, sweptTo)
      const failures: unknown[] = []
      let [tried, spent] = [0, 0]
      for (const { id, size } of ended) {
        const began = performance.now()
        const turn = queue.run(toHex(id), async () => {
          // Its last piece may have come meanwhile, or its id begun anew.
          if (await store.giveUp(id, now)) await destroy(toHex(id), size)
        })
        await turn.catch((error: unknown) => {
          failures.push(error)
          spent += performance.now() - began
        })
        sweptTo = id
        tried++
        if (failures.length > 0 && spent >= failureTime) break
      }
      if (ended.length < most && tried === ended.length) sweptTo = new Uint8Array()
      return { tried, deleted: tried - failures.length, failures }
    },
  }
}
