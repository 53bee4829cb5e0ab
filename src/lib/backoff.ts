/** How long to wait before the next try. */
export interface BackoffPolicy {
  /** First wait, milliseconds. */
  readonly first: number
  /** Longest wait, milliseconds. */
  readonly most: number
}

/**
 * Doubles from `first` to `most`, with full jitter in the upper half, so that many clients of a restarted relay do not return at once.
 * @param attempt tries that have failed so far, from 1
 * @param random a number in [0, 1)
 * @returns milliseconds
 */
export const backoff = (policy: BackoffPolicy, attempt: number, random: number): number => {
  const ceiling = Math.min(policy.most, policy.first * 2 ** Math.min(attempt - 1, 30))
  return Math.round(ceiling / 2 + (ceiling / 2) * random)
}
