/** What is measured of an engine, each from the same content. All run in a dedicated worker. */
import type { ConversationId } from '../../../../src/protocol/ids.ts'

export interface Opened {
  /** Newest messages of a conversation, as many as a screen shows; answers how many there were. */
  last(conversation: ConversationId, limit: number): Promise<number>
  /** The newest that hold this word, or this beginning of one. */
  word(word: string, limit: number): Promise<number>
  prefix(prefix: string, limit: number): Promise<number>
  /** The newest that hold this inside a word. */
  part(part: string, limit: number): Promise<number>
  /** Stores message number `n` of the first conversation so that it outlives a power failure. */
  insert(n: number): Promise<void>
  /** Further figures of this engine alone: each answers how long it took, ms. */
  readonly own?: Readonly<Record<string, (n: number) => Promise<number>>>
  /** What is measured once, when all else has been: the database is another one then. Times by their names, ms. */
  readonly atLast?: () => Promise<Readonly<Record<string, number>>>
  /** Bytes of WebAssembly memory; null where the engine does not tell. */
  memory(): number | null
  close(): Promise<void>
}

export interface Engine {
  /** Puts the file into the origin's private file system; its bytes are given from the start, chunk by chunk. */
  put(name: string, chunks: AsyncIterable<Uint8Array>): Promise<void>
  /** Opens what was put there. */
  open(name: string): Promise<Opened>
}
