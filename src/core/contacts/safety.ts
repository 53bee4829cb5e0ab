import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { toContact, type SafetyState } from '../domain/contact.ts'
import { inputError } from '../outcome.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { ok } from '../../lib/result.ts'

type Deps = Pick<CoreContext, 'store' | 'crypto' | 'lists' | 'outbox' | 'own'>

/** The number to compare, and the devices the person has not seen yet. */
export const safety =
  (deps: Deps): Command<'safety'> =>
  async ({ account }) => {
    const own = deps.own()
    const row = deps.store.read((tx) => tx.contacts.get(account))
    if (!own) return inputError('no-account')
    if (!row) return inputError('unknown-contact')
    const number = await deps.crypto.safetyNumber(
      { account: own.account, key: own.accountKey },
      { account, key: row.accountKey }
    )
    const devices = await deps.lists.devicesOf(row)
    const newDevices = devices.map((device) => device.id).filter((id) => !row.knownDevices.includes(id))
    const version = await deps.lists.versionOf(row)
    return ok({
      digits: number.digits,
      scannable: number.scannable,
      contact: toContact(row),
      newDevices,
      listSignedAt: version?.signedAt ?? null,
    })
  }

const settle = async (deps: Deps, account: AccountId, state: SafetyState) => {
  const row = deps.store.read((tx) => tx.contacts.get(account))
  if (!row) return inputError('unknown-contact')
  const devices = await deps.lists.devicesOf(row)
  const outcome = deps.store.transaction((tx) => {
    const current = tx.contacts.get(account)
    if (!current) return inputError('unknown-contact')
    // The person saw the list as it was then; if it changed meanwhile, they look again.
    if (current.listRevision !== row.listRevision) return ok(toContact(current))
    const next = { ...current, safety: state, knownDevices: devices.map((device) => device.id) }
    tx.contacts.put(next)
    return ok(toContact(next))
  })
  if (outcome.ok) deps.outbox.kick(account)
  return outcome
}

/** The person compared the numbers (or takes that back). */
export const markVerified =
  (deps: Deps): Command<'markVerified'> =>
  ({ account, verified }) =>
    settle(deps, account, verified ? 'verified' : 'unverified')

/** The person has looked at new devices or keys and goes on; the number has to be compared again to be called verified. */
export const confirmSafety =
  (deps: Deps): Command<'confirmSafety'> =>
  ({ account }) =>
    settle(deps, account, 'unverified')
