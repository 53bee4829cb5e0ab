import * as v from 'valibot'
import type { EventName, LiveName, MePassaClient, Outcome } from '../contract.ts'
import { err, type Result } from '../../lib/result.ts'
import type { InputError } from '../../core/domain/errors.ts'
import { COMMANDS, isCommand, isEvent, isLiveQuery, LIVE_QUERIES } from './schemas.ts'

/** What a bridge serves. */
export type ServedCore = Pick<MePassaClient, 'call' | 'live' | 'on'>

/** The core for callers whose names and arguments are not known to be right. */
export interface CheckedCore {
  /** Never throws. Errors: `unknown-method`, `malformed`, and those of the command. */
  call(name: string, argument: unknown): Promise<Outcome<unknown>>
  /** Errors: `unknown-method`, `malformed`. May throw what the core's first read throws. */
  live(name: string, argument: unknown, onValue: (value: unknown) => void): Result<() => void, InputError>
  /** Undefined for an event that there is not. */
  on(name: string, listener: (event: unknown) => void): (() => void) | undefined
}

const refuse = (reason: 'unknown-method' | 'malformed'): Result<never, InputError> =>
  err({ kind: 'input', reason })

/** Checks name and argument before the core sees them. */
export const createCheckedCore = (core: ServedCore): CheckedCore => ({
  call: async (name, argument) => {
    if (!isCommand(name)) return refuse('unknown-method')
    const parsed = v.safeParse(COMMANDS[name][0], argument)
    if (!parsed.success) return refuse('malformed')
    try {
      return await core.call(name, parsed.output)
    } catch {
      // The core promises not to throw; a broken promise must not leave the caller waiting.
      return err({ kind: 'storage', reason: 'unavailable' })
    }
  },
  live: (name, argument, onValue) => {
    if (!isLiveQuery(name)) return refuse('unknown-method')
    const parsed = v.safeParse(LIVE_QUERIES[name][0], argument)
    if (!parsed.success) return refuse('malformed')
    // The table pairs each name with its argument; the compiler loses that pair in the union of all names.
    const live = core.live as (
      name: LiveName,
      argument: unknown,
      onValue: (value: unknown) => void
    ) => () => void
    return { ok: true, value: live(name, parsed.output, onValue) }
  },
  on: (name, listener) => {
    if (!isEvent(name)) return undefined
    const on = core.on as (name: EventName, listener: (event: unknown) => void) => () => void
    return on(name, listener)
  },
})
