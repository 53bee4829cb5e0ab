/** Assertions that run wherever a store does: in Node and inside a browser's worker, where no test runner is. */
import { StorageFailure } from '../../../src/core/ports/storage.ts'

/** One demand on an implementation; it throws when the demand is not met. */
export interface Case<Subject> {
  readonly name: string
  run(subject: Subject): void | Promise<void>
}

/** A thing that may be opened again where it was left. */
export interface Reopenable<T> {
  open(): Promise<T>
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => {
    if (item instanceof Uint8Array) return `bytes(${item.join(' ')})`
    if (item instanceof Set) return { set: [...item].sort() }
    return item === undefined ? 'undefined' : item
  })

/** Same structure and values; sets compare without order, object keys too. */
export const same = (actual: unknown, expected: unknown, what = 'values'): void => {
  if (!isSame(actual, expected))
    throw new Error(`${what} differ: got ${show(actual)}, wanted ${show(expected)}`)
}

const isSame = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Uint8Array || b instanceof Uint8Array)
    return a instanceof Uint8Array && b instanceof Uint8Array && show(a) === show(b)
  if (a instanceof Set || b instanceof Set)
    return a instanceof Set && b instanceof Set && a.size === b.size && [...a].every((item) => b.has(item))
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))]
  return (
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && isSame(value, right.get(key)))
  )
}

/** Fails unless `work` throws; answers with what it threw. */
export const thrown = async (work: () => unknown): Promise<unknown> => {
  let result: unknown
  try {
    result = await work()
  } catch (error) {
    return error
  }
  throw new Error(`nothing was thrown, it answered ${show(result)}`)
}

/** Fails unless `work` throws a `StorageFailure` with this reason. */
export const fails = async (
  work: () => unknown,
  reason: StorageFailure['error']['reason']
): Promise<void> => {
  const error = await thrown(work)
  if (!(error instanceof StorageFailure)) throw new Error('not a StorageFailure', { cause: error })
  same(error.error, { kind: 'storage', reason })
}
