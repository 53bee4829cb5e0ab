import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { toContact } from '../domain/contact.ts'
import { accountOf } from '../../protocol/ids.ts'
import { ok } from '../../lib/result.ts'

const MOST_HITS = 200
const MOST_CHARACTERS = 256
/** A message's time is this device's; a day more forgives a clock that was put back. */
const DAY = 86_400_000

/** Finds messages by their words or parts of words, newest first. */
export const search =
  (deps: Pick<CoreContext, 'store' | 'clock'>): Command<'search'> =>
  async ({ query, scope, after, limit }) => {
    const text = query.slice(0, MOST_CHARACTERS)
    // With both ends known, the index itself narrows the search down.
    const until = scope.until ?? (scope.from === null ? null : deps.clock.now() + DAY)
    const wanted = Math.max(1, Math.min(limit, MOST_HITS))
    const page = deps.store.search({ ...scope, text, until }, after, wanted)
    return ok(
      deps.store.read((tx) => {
        const hits = page.hits.flatMap(({ message, excerpt }) => {
          const account = accountOf(message.conversation)
          const contact = account && tx.contacts.get(account)
          return contact ? [{ message, excerpt, contact: toContact(contact) }] : []
        })
        return { hits, next: page.next, indexing: tx.search.lacks() !== 'none' }
      })
    )
  }
