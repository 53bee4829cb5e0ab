import * as v from 'valibot'
import type { KeeperCommand, KeeperCommands } from '../../core/domain/keeper.ts'
import { err, ok } from '../../lib/result.ts'
import type { Channel } from '../bridge/channel.ts'
import { ToClientSchema } from '../bridge/messages.ts'
import type { Outcome } from '../contract.ts'
import { KEEPER } from './schemas.ts'

/** The keeper of the store as windows see it. It answers also while the store is locked, damaged or gone. */
export interface KeeperClient {
  /** Errors: those of the command, and `unavailable` when the leader went away meanwhile. */
  call<N extends KeeperCommand>(
    name: N,
    argument: KeeperCommands[N][0]
  ): Promise<Outcome<KeeperCommands[N][1]>>
}

/** A client of the leader's keeper over the channel of a window. */
export const connectKeeper = (channel: Channel, newId: () => string): KeeperClient => {
  const waiting = new Map<string, (outcome: Outcome<unknown>) => void>()
  let leader: string | undefined

  channel.onMessage((message) => {
    const parsed = v.safeParse(ToClientSchema, message)
    if (!parsed.success) return
    const { leader: from, body } = parsed.output
    if (body.type === 'kept') {
      waiting.get(body.id)?.(body.outcome)
      return
    }
    if (body.type !== 'ready' && body.type !== 'failed') return
    if (leader !== undefined && leader !== from)
      for (const settle of [...waiting.values()]) settle(err({ kind: 'storage', reason: 'unavailable' }))
    leader = from
  })

  return {
    call: async (name, argument) => {
      if (leader === undefined) return err({ kind: 'storage', reason: 'unavailable' })
      const id = newId()
      const outcome = await new Promise<Outcome<unknown>>((settle) => {
        waiting.set(id, settle)
        channel.send({ leader, body: { type: 'keep', id, name, argument } })
      })
      waiting.delete(id)
      if (!outcome.ok) return outcome
      const parsed = v.safeParse(KEEPER[name][1], outcome.value)
      return parsed.success ? ok(parsed.output) : err({ kind: 'storage', reason: 'unavailable' })
    },
  }
}
