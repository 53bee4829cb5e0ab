import type { Engine } from './migrations/column-types.ts'
import type { Tx } from './schema.ts'

/** How a database is written: everything that changes it goes through here. */
export interface Writer {
  readonly engine: Engine
  /** Rows that one INSERT should bring. */
  readonly rowsAtOnce: number
  /**
   * Runs `work` in a transaction and answers once that is on disk. `work` may run twice (when another of its group failed, or two
   * transactions stood in each other's way), so it does nothing but queries.
   */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Inside `work`: until its transaction ends, whoever asks for the same name waits. */
  lock(tx: Tx, name: string): Promise<void>
  /** Whether a failure says that the database cannot be used now: it would be the same for any other write. */
  isLost(error: unknown): boolean
  /** Waits for what was given before. */
  idle(): Promise<void>
}
