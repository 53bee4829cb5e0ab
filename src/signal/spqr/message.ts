import { concat, copyBytes, type Bytes } from '../bytes.ts'
import type { IndexedBytes } from '../proto/packed.ts'
import { readUint, writeUint } from '../proto/varint.ts'
import { CHUNK_LENGTH } from './erasure.ts'

/** Kinds of braid message with their numbers (spec §5.4). */
export const SpqrType = { None: 0, Hdr: 1, Ek: 2, EkCt1Ack: 3, Ct1Ack: 4, Ct1: 5, Ct2: 6 } as const
export type SpqrType = (typeof SpqrType)[keyof typeof SpqrType]

/** Payload of a message: its kind and, except for None and Ct1Ack, a chunk. */
export type SpqrPayload =
  | { readonly type: typeof SpqrType.None | typeof SpqrType.Ct1Ack }
  | {
      readonly type: Exclude<SpqrType, typeof SpqrType.None | typeof SpqrType.Ct1Ack>
      readonly chunk: IndexedBytes
    }

export type SpqrMessage = { readonly epoch: number; readonly index: number; readonly payload: SpqrPayload }

/** Protocol version, the first byte of every message. */
export const SPQR_VERSION = 1
const MAX_INDEX = 0xffffffff
const MAX_CHUNK_INDEX = 0xffff

export const encodeSpqrMessage = (message: SpqrMessage): Bytes => {
  const { payload } = message
  const head = concat(
    Uint8Array.of(SPQR_VERSION),
    writeUint(message.epoch),
    writeUint(message.index),
    Uint8Array.of(payload.type)
  )
  return 'chunk' in payload ? concat(head, writeUint(payload.chunk.index), payload.chunk.data) : head
}

const isPlainType = (type: number): type is typeof SpqrType.None | typeof SpqrType.Ct1Ack =>
  type === SpqrType.None || type === SpqrType.Ct1Ack

/**
 * Parses a message of version 1; bytes after it are ignored. `null` when malformed. Version 0 is below the minimum and
 * versions from 2 on would go without post-quantum keys: neither is ever sent, both are refused (spec §5.8).
 */
export const parseSpqrMessage = (bytes: Uint8Array): SpqrMessage | null => {
  if (bytes[0] !== SPQR_VERSION) return null
  const epoch = readUint(bytes, 1)
  if (epoch === null || epoch.value === 0 || epoch.value > Number.MAX_SAFE_INTEGER) return null
  const index = readUint(bytes, epoch.end)
  if (index === null || index.value > MAX_INDEX) return null
  const type = bytes[index.end]
  const head = { epoch: epoch.value, index: index.low }
  if (type === undefined || type > SpqrType.Ct2) return null
  if (isPlainType(type)) return { ...head, payload: { type } }
  const chunkIndex = readUint(bytes, index.end + 1)
  if (chunkIndex === null || chunkIndex.value > MAX_CHUNK_INDEX) return null
  const data = bytes.subarray(chunkIndex.end, chunkIndex.end + CHUNK_LENGTH)
  if (data.length !== CHUNK_LENGTH) return null
  return {
    ...head,
    payload: { type: type as 1 | 2 | 3 | 5 | 6, chunk: { index: chunkIndex.low, data: copyBytes(data) } },
  }
}
