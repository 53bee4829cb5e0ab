import type { CoreContext } from '../context.ts'
import { ownOf } from '../context.ts'
import { toHex } from '../../lib/bytes.ts'
import type { Content, ListVersion } from '../../protocol/content.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { post } from './compose.ts'

type Deps = Pick<CoreContext, 'store' | 'clock' | 'own' | 'lists' | 'outbox' | 'background'>

/** When a newer list of a contact is looked for, ms after it was heard of. */
const WAITS = [0, 1_000, 5_000, 30_000, 300_000] as const

/**
 * Every message names the device lists its writer knows of both sides (architecture §4). Whoever is behind is helped: a newer list of
 * theirs, or another one of the same number, is looked for; an older one of ours is answered with the present one.
 */
export const createCatchUp = (deps: Deps): ((account: AccountId, content: Content) => void) => {
  const { store, clock } = deps
  /** Accounts whose newer list is being looked for: one search at a time each, whatever revisions are claimed. */
  const searching = new Set<AccountId>()
  /** Forks that were looked into, by account: once each. */
  const forks = new Map<AccountId, string>()
  /** The revision of ours that an account was told. */
  const told = new Map<AccountId, number>()

  const known = (account: AccountId) => {
    const contact = deps.own() && store.read((tx) => tx.contacts.get(account))
    // A stranger names their own relays: asking there before they are accepted would show when and where we are.
    return contact?.state === 'request' ? undefined : contact
  }

  const search = (account: AccountId, revision: number): void => {
    if (searching.has(account)) return
    searching.add(account)
    const turn = (index: number): void => {
      const wait = WAITS[index]
      const contact = known(account)
      if (!contact || contact.listRevision >= revision || wait === undefined) {
        searching.delete(account)
        return
      }
      // It may not have reached a relay yet, so it is asked for more than once.
      clock.after(wait, () =>
        deps.background('list-not-found', () => deps.lists.refresh(account).finally(() => turn(index + 1)))
      )
    }
    turn(0)
  }

  const theirs = async (account: AccountId, claimed: ListVersion): Promise<void> => {
    const contact = known(account)
    if (!contact) return
    if (contact.listRevision < claimed.revision) return search(account, claimed.revision)
    if (contact.listRevision > claimed.revision) return
    const version = await deps.lists.versionOf(contact)
    const hash = toHex(claimed.hash)
    if (!version || toHex(version.hash) === hash || forks.get(account) === hash) return
    forks.set(account, hash)
    await deps.lists.refresh(account)
  }

  const ours = (account: AccountId, claimed: ListVersion): void => {
    const own = deps.own()
    const state = known(account)?.state
    if (!own || state !== 'accepted' || claimed.revision >= own.listRevision) return
    if (told.get(account) === own.listRevision) return
    told.set(account, own.listRevision)
    store.transaction((tx) =>
      post(tx, clock.now(), account, 'control', {
        kind: 'listUpdate',
        deviceListChain: ownOf(tx).listChain,
      })
    )
    deps.outbox.kick(account)
  }

  return (account, content) => {
    const { ownList, yourList } = content
    if (ownList) deps.background('list-not-found', () => theirs(account, ownList))
    // What says itself that it is a list needs no other in answer, or two that disagree would never end.
    if (yourList && content.body.kind !== 'listUpdate') ours(account, yourList)
  }
}
