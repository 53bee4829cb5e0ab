/** What the mutation check and its workers say to each other. */

/** A test of the suites: its file and its place among the file's tests. */
export type TestId = { readonly file: string; readonly place: number }

export type RecordedTest = TestId & {
  readonly name: string
  readonly milliseconds: number
  readonly error: string | null
  /** Constants (`file place`) and named constants (`file#name`) that were read while it ran. */
  readonly reads: readonly string[]
}

export type Recording = {
  readonly tests: readonly RecordedTest[]
  /** What each statement at the top of a file (`file place`) read when the file was loaded. */
  readonly statements: Readonly<Record<string, readonly string[]>>
}

export type Order =
  | { readonly kind: 'record'; readonly file: string }
  | {
      readonly kind: 'mutate'
      readonly path: string
      readonly index: number
      readonly tests: readonly TestId[]
    }

export type Answer =
  | { readonly kind: 'recorded'; readonly recording: Recording }
  /** `by` is the test that failed, `'load'` when the file could not even be loaded, or `null` when all passed. */
  | { readonly kind: 'mutated'; readonly by: TestId | 'load' | null }
