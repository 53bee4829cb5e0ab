/** The outcome of something that can fail in a foreseen way. Errors are plain tagged objects, so they survive structured clone. */
export type Result<T, E> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

/** Wraps a success. */
export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value })

/** Wraps a foreseen failure. */
export const err = <E>(error: E): Result<never, E> => ({ ok: false, error })
