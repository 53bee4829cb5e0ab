const values = new WeakMap<object, unknown>()

/** A secret that cannot print: string conversion, JSON and inspection show only a mark. */
export interface Redacted<T> {
  readonly redacted: true
  readonly __type?: T
  toString(): string
  toJSON(): string
}

/** Hides a value from logs and errors. */
export const redact = <T>(value: T): Redacted<T> => {
  const box = Object.freeze({ redacted: true as const, toString: () => '<redacted>', toJSON: () => '<redacted>' })
  values.set(box, value)
  return box
}

/** The value inside; call it only where the secret is used. */
export const reveal = <T>(box: Redacted<T>): T => values.get(box) as T
