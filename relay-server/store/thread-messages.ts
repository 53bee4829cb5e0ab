/** What passes between the relay and the thread that holds its SQLite database. */
import type { RelayLimits } from '../limits.ts'

/** Given to the thread at its start. */
export interface ThreadData {
  readonly path: string
  readonly limits: RelayLimits
}

export interface Call {
  readonly id: number
  readonly area: string
  readonly method: string
  readonly args: readonly unknown[]
}

/** To the thread: calls, in order; or the end, once what was called before is done. */
export type ToThread = readonly Call[] | 'close'

/** `unavailable`: the error was one of `StoreUnavailable`. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string; readonly unavailable: boolean }

/** From the thread: that it is open, or why not; answers; that it is closed. */
export type FromThread = 'open' | { readonly failed: string } | readonly Answer[] | 'closed'
