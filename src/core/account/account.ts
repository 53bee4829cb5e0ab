import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { tellEverybody } from '../jobs/profile.ts'
import { toMe } from '../me.ts'
import { inputError } from '../outcome.ts'
import type { InputError } from '../domain/errors.ts'
import { utf8 } from '../../lib/bytes.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { ok, type Result } from '../../lib/result.ts'

type Deps = Pick<CoreContext, 'store' | 'crypto' | 'clock' | 'own' | 'homeRelay' | 'outbox'> & {
  readonly onAccount: () => void
}

const checkedName = (raw: string): Result<string, InputError> => {
  const name = raw.normalize('NFC').replace(/\s+/gu, ' ').trim()
  if (name === '') return inputError('name-empty')
  if ([...name].length > LIMITS.nameCharacters || utf8(name).length > LIMITS.nameBytes)
    return inputError('name-too-long')
  return ok(name)
}

/** Makes the account in this device; its keys never leave the core. The relay hears of it when it can be reached. */
export const createAccount =
  (deps: Deps): Command<'createAccount'> =>
  async (argument) => {
    const name = checkedName(argument.name)
    if (!name.ok) return name
    const before = deps.own()
    if (before) return before.name === name.value ? ok(toMe(before)) : inputError('account-exists')
    const made = await deps.crypto.createAccount(name.value, [deps.homeRelay], deps.clock.now())
    const own = deps.store.transaction((tx) => {
      const present = tx.account.get()
      if (present) return present
      // A restore that nobody went on with leaves what would be taken for this account's.
      tx.history.clear()
      made.apply(tx)
      return made.value
    })
    deps.onAccount()
    return ok(toMe(own))
  }

/** Changes the name and tells the contacts. */
export const rename =
  (deps: Deps): Command<'rename'> =>
  async (argument) => {
    const name = checkedName(argument.name)
    if (!name.ok) return name
    if (!deps.own()) return inputError('no-account')
    const me = deps.store.transaction((tx) => {
      const own = tx.account.get()
      if (!own) return undefined
      const next = { ...own, name: name.value }
      tx.account.put(next)
      tellEverybody(tx, deps.clock.now())
      return toMe(next)
    })
    deps.outbox.kickAll()
    return me ? ok(me) : inputError('no-account')
  }

/** The words that bring the account back. */
export const recoveryWords =
  (deps: Pick<CoreContext, 'crypto' | 'own'>): Command<'recoveryWords'> =>
  async () => {
    const own = deps.own()
    if (!own?.entropy) return inputError('no-account')
    return ok(deps.crypto.recoveryWords(own.entropy))
  }
