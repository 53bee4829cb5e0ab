import { describe, expect, test } from 'vitest'
import { toFailure } from '../../../src/adapters/storage/failures.ts'
import { ConstraintFailure, StorageFailure } from '../../../src/core/ports/storage.ts'

const engineError = (resultCode: number): Error => Object.assign(new Error('engine'), { resultCode })
const nodeError = (code: string): Error => Object.assign(new Error('engine'), { code })

describe('an error of an engine becomes ours', () => {
  test.each([
    ['locked', engineError(5)],
    ['locked', engineError(261)], // BUSY_RECOVERY: the low byte counts
    ['damaged', engineError(11)],
    ['damaged', engineError(26)],
    ['full', engineError(13)],
    ['unavailable', engineError(10)],
    ['locked', nodeError('SQLITE_BUSY')],
    ['locked', nodeError('SQLITE_BUSY_SNAPSHOT')],
    ['damaged', nodeError('SQLITE_CORRUPT_VTAB')],
    ['damaged', nodeError('SQLITE_NOTADB')],
    ['full', nodeError('SQLITE_FULL')],
    ['unavailable', nodeError('SQLITE_CONSTRAINT_PRIMARYKEY')],
    ['locked', new DOMException('held', 'NoModificationAllowedError')],
    ['full', new DOMException('full', 'QuotaExceededError')],
    ['unavailable', new DOMException('gone', 'NotFoundError')],
    ['unavailable', 'a string'],
    ['unavailable', null],
  ])('%s: %s', (reason, error) => {
    const failure = toFailure(error)
    expect(failure.error).toEqual({ kind: 'storage', reason })
    expect(failure.cause).toBe(error)
  })

  test('what does not go with what is there is told from what cannot be written', () => {
    for (const error of [engineError(19), engineError(787), nodeError('SQLITE_CONSTRAINT_FOREIGNKEY')])
      expect(toFailure(error)).toBeInstanceOf(ConstraintFailure)
    for (const error of [engineError(10), engineError(13), nodeError('SQLITE_IOERR'), null])
      expect(toFailure(error)).not.toBeInstanceOf(ConstraintFailure)
  })

  test('what the file system said is more exact than "input/output error"', () => {
    const full = new DOMException('full', 'QuotaExceededError')
    expect(toFailure(engineError(10), full).error.reason).toBe('full')
    expect(toFailure(engineError(10), new DOMException('?', 'UnknownError')).error.reason).toBe('unavailable')
    expect(toFailure(engineError(11), undefined).error.reason).toBe('damaged')
  })

  test('what is ours already stays as it is', () => {
    const failure = new StorageFailure('newer-version')
    expect(toFailure(failure)).toBe(failure)
  })
})
