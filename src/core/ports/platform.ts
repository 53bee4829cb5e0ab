/** Time, milliseconds since 1970, and timers. */
export interface Clock {
  now(): number
  /** Calls back once after `ms`; the function it returns cancels. */
  after(ms: number, callback: () => void): () => void
}

/** Unpredictable bytes and numbers. */
export interface Random {
  bytes(length: number): Uint8Array
  /** In [0, 1). For jitter, not for keys. */
  fraction(): number
}

/** Diagnostic lines without ids, names or bodies: a code and counts. */
export interface Log {
  warn(code: string, counts?: Readonly<Record<string, number>>): void
}
