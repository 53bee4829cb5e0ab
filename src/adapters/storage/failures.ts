import type { StorageError } from '../../core/domain/errors.ts'
import { ConstraintFailure, StorageFailure } from '../../core/ports/storage.ts'

/** Primary result codes of SQLite, https://sqlite.org/rescode.html */
const CODES: Readonly<Record<number, StorageError['reason']>> = {
  5: 'locked', // BUSY
  6: 'locked', // LOCKED
  11: 'damaged', // CORRUPT
  13: 'full', // FULL
  26: 'damaged', // NOTADB: also what a wrong key looks like
}
const NAMES: Readonly<Record<string, StorageError['reason']>> = {
  SQLITE_BUSY: 'locked',
  SQLITE_LOCKED: 'locked',
  SQLITE_CORRUPT: 'damaged',
  SQLITE_FULL: 'full',
  SQLITE_NOTADB: 'damaged',
  QuotaExceededError: 'full',
  NoModificationAllowedError: 'locked',
}

const reasonOf = (error: unknown): StorageError['reason'] | undefined => {
  if (typeof error !== 'object' || error === null) return undefined
  if ('resultCode' in error && typeof error.resultCode === 'number') return CODES[error.resultCode & 0xff]
  if ('code' in error && typeof error.code === 'string')
    return NAMES[error.code] ?? NAMES[error.code.split('_').slice(0, 2).join('_')]
  if ('name' in error && typeof error.name === 'string') return NAMES[error.name]
  return undefined
}

const CONSTRAINT = { code: 19, name: 'SQLITE_CONSTRAINT' } as const
const isConstraint = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  (('resultCode' in error &&
    typeof error.resultCode === 'number' &&
    (error.resultCode & 0xff) === CONSTRAINT.code) ||
    ('code' in error && typeof error.code === 'string' && error.code.startsWith(CONSTRAINT.name)))

/**
 * The one place where an engine's error becomes ours.
 * @param fromPlatform what the file system below the engine had said, where it is known: it is more exact
 */
export const toFailure = (error: unknown, fromPlatform?: unknown): StorageFailure => {
  if (error instanceof StorageFailure) return error
  if (isConstraint(error)) return new ConstraintFailure(error)
  return new StorageFailure(reasonOf(fromPlatform) ?? reasonOf(error) ?? 'unavailable', error)
}

/** Runs engine code; what it throws is thrown as `StorageFailure`. */
export const guarded = <T>(work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw toFailure(error)
  }
}
