import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { addTimedKey, timedKeys, type TimedKey } from '../jobs/access-keys.ts'
import { inputError } from '../outcome.ts'
import { formatInvite } from '../../protocol/invite.ts'
import { fromBase64Url, toBase64Url } from '../../lib/bytes.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { ok } from '../../lib/result.ts'

type Deps = Pick<CoreContext, 'store' | 'clock' | 'random' | 'own' | 'upkeep' | 'linkBase'>

/** A link this close to its end is not given away any more. */
const LEAST_LEFT = 7 * 24 * 60 * 60 * 1000
/** A relay that does not answer keeps nobody waiting longer, ms. */
const LONGEST_WAIT = 3_000
/** Links that are open at once; the oldest closes. */
const MOST_INVITES = 10

/** The link to give away. Its key is told to the relays before it is answered, where they can be reached. */
export const inviteLink =
  (deps: Deps): Command<'inviteLink'> =>
  async ({ renew }) => {
    const own = deps.own()
    if (!own) return inputError('no-account')
    const now = deps.clock.now()
    const present = deps.store.read((tx) => timedKeys(tx, 'invites', now)).at(-1)
    let invite: TimedKey | undefined = present
    if (renew || !present || present.expiresAt < now + LEAST_LEFT) {
      const fresh = { key: toBase64Url(deps.random.bytes(32)), expiresAt: now + LIMITS.inviteLifetime }
      deps.store.transaction((tx) => addTimedKey(tx, 'invites', fresh, now, MOST_INVITES))
      invite = fresh
      await Promise.race([
        deps.upkeep.run(),
        new Promise<void>((resolve) => deps.clock.after(LONGEST_WAIT, resolve)),
      ])
    }
    const requestKey = invite && fromBase64Url(invite.key)
    if (!invite || !requestKey) return inputError('malformed')
    const link = formatInvite(deps.linkBase, {
      account: own.account,
      accountKey: own.accountKey,
      requestKey,
      expiresAt: invite.expiresAt,
      relays: own.relays,
      name: own.name,
    })
    return ok({ link, expiresAt: invite.expiresAt })
  }
