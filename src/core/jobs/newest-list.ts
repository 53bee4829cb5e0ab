import type { Outcome } from '../api.ts'
import type { CoreContext } from '../context.ts'
import type { VerifiedList } from '../ports/crypto.ts'
import { err, ok } from '../../lib/result.ts'

/**
 * The newest list of the own account: it may have gone on without this device, and a list that goes back is refused by everyone. Fails where no
 * relay answers.
 */
export const newestOwnList = async (
  { crypto, relays }: Pick<CoreContext, 'crypto' | 'relays'>,
  known: VerifiedList
): Promise<Outcome<VerifiedList>> => {
  const locator = await crypto.listLocator(known.accountKey)
  let newest = known
  let answered = false
  for (const relay of known.relays) {
    const reply = await relays.getList(relay, locator)
    answered ||= reply.ok || reply.error.reason === 'not-found'
    const list = reply.ok ? await crypto.openList(reply.value, newest.accountKey) : undefined
    if (list?.ok && crypto.follows(newest, list.value)) newest = list.value
  }
  return answered ? ok(newest) : err({ kind: 'network', reason: 'relay-unreachable' })
}
