import * as v from 'valibot'
import type { CommandName, Commands, Outcome } from '../contract.ts'
import { err, ok } from '../../lib/result.ts'
import type { ToCore } from './messages.ts'
import { COMMANDS } from './schemas.ts'

interface Pending {
  readonly message: ToCore & { type: 'call' }
  readonly settle: (outcome: Outcome<unknown>) => void
}

/** Commands that wait for their answers. */
export interface PendingCalls {
  call<N extends CommandName>(id: string, name: N, argument: Commands[N][0]): Promise<Outcome<Commands[N][1]>>
  answer(id: string, outcome: Outcome<unknown>): void
  /** Gives all that wait the same answer. */
  answerAll(outcome: Outcome<never>): void
  /** Sends all that wait again, in the order they were asked. */
  resend(): void
  size(): number
}

/**
 * @param send sends to the leader, if there is one; false for what cannot be cloned
 * @param onChange is called when the number of those that wait changes
 */
export const createPendingCalls = (
  send: (message: ToCore) => boolean,
  onChange: () => void
): PendingCalls => {
  const pending = new Map<string, Pending>()
  const ask = (id: string): void => {
    const one = pending.get(id)
    if (!one || send(one.message)) return
    pending.delete(id)
    one.settle(err({ kind: 'input', reason: 'malformed' }))
  }
  return {
    call: async (id, name, argument) => {
      const outcome = await new Promise<Outcome<unknown>>((settle) => {
        const message = { type: 'call', id, name, argument } as const
        pending.set(id, { message, settle })
        ask(id)
        onChange()
      })
      if (!outcome.ok) return outcome
      if (!Object.hasOwn(COMMANDS, name)) return err({ kind: 'input', reason: 'unknown-method' })
      const parsed = v.safeParse(COMMANDS[name][1], outcome.value)
      return parsed.success ? ok(parsed.output) : err({ kind: 'storage', reason: 'unavailable' })
    },
    answer: (id, outcome) => {
      const waiting = pending.get(id)
      pending.delete(id)
      onChange()
      waiting?.settle(outcome)
    },
    answerAll: (outcome) => {
      const all = [...pending.values()]
      pending.clear()
      onChange()
      for (const { settle } of all) settle(outcome)
    },
    resend: () => {
      for (const id of [...pending.keys()]) ask(id)
    },
    size: () => pending.size,
  }
}
