import type { MePassaError } from './domain/errors.ts'
import type { Commands } from './api.ts'
import type { Result } from '../lib/result.ts'

/** The function behind a command of the client's contract. */
export type Command<N extends keyof Commands> = (
  argument: Commands[N][0]
) => Promise<Result<Commands[N][1], MePassaError>>
