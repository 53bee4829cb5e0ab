/** What failed-init.test.ts and its worker tell each other. */

/** How the first opener is made to fail. */
export type Obstacle = 'held by another' | 'let go meanwhile'

export interface Outcome {
  /** Name of the error that the failing opener got. */
  readonly error: string
  readonly filesBefore: readonly string[]
  readonly filesAfter: readonly string[]
  /** What the opener after it read, on the engine that had failed and on one of its own. */
  readonly rows: readonly unknown[]
}
