import { err, type Result } from '../lib/result.ts'
import type { InputError } from './domain/errors.ts'

/** A refusal that the person can do something about. */
export const inputError = (reason: InputError['reason']): Result<never, InputError> =>
  err({ kind: 'input', reason })
