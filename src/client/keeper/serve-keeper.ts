import * as v from 'valibot'
import type { KeeperCommand } from '../../core/domain/keeper.ts'
import { err } from '../../lib/result.ts'
import type { Channel } from '../bridge/channel.ts'
import { ToCoreSchema } from '../bridge/messages.ts'
import type { Outcome } from '../contract.ts'
import { isKeeperCommand, KEEPER } from './schemas.ts'

/** Runs a command whose name and argument are known to be right. Never throws. */
export type Keep = (name: KeeperCommand, argument: never) => Promise<Outcome<unknown>>

const checked = async (keep: Keep, name: string, argument: unknown): Promise<Outcome<unknown>> => {
  if (!isKeeperCommand(name)) return err({ kind: 'input', reason: 'unknown-method' })
  const parsed = v.safeParse(KEEPER[name][0], argument)
  if (!parsed.success) return err({ kind: 'input', reason: 'malformed' })
  return keep(name, parsed.output as never)
}

/** Answers the keeper's part of a channel until the function it returns is called. What is meant for another leader is dropped. */
export const serveKeeper = (channel: Channel, leader: string, keep: Keep): (() => void) => {
  let serving = true
  const stop = channel.onMessage((message) => {
    const parsed = v.safeParse(ToCoreSchema, message)
    if (!parsed.success || parsed.output.leader !== leader || parsed.output.body.type !== 'keep') return
    const { id, name, argument } = parsed.output.body
    void checked(keep, name, argument).then((outcome) => {
      if (serving) channel.send({ leader, body: { type: 'kept', id, outcome } })
    })
  })
  return () => {
    serving = false
    stop()
  }
}
