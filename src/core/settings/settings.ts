import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { READ_RECEIPTS } from '../domain/settings.ts'
import type { Room } from './room.ts'
import { ok } from '../../lib/result.ts'

type Deps = Pick<CoreContext, 'store' | 'health'>

/** Whether others are told that their messages were read. Delivery is always confirmed. */
export const setReadReceipts =
  (deps: Pick<Deps, 'store'>): Command<'setReadReceipts'> =>
  async ({ on }) => {
    deps.store.transaction((tx) => tx.settings.put(READ_RECEIPTS, on ? 'on' : 'off'))
    return ok(null)
  }

/** The person's choices. */
export const settings =
  (deps: Pick<Deps, 'store'>): Command<'settings'> =>
  async () =>
    ok({ readReceipts: deps.store.read((tx) => tx.settings.get(READ_RECEIPTS)) !== 'off' })

/** Health of the local store. */
export const storage =
  (deps: Pick<Deps, 'health'> & { readonly room: Room }): Command<'storage'> =>
  async () =>
    ok({ ...(await deps.health.estimate()), level: deps.room.level() })
