import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { toContact } from '../domain/contact.ts'
import { accountOf } from '../../protocol/ids.ts'
import { ok } from '../../lib/result.ts'

const MOST_HITS = 200
const MOST_CHARACTERS = 256

/** Finds words and beginnings of words in all messages, newest first. */
export const search =
  (deps: Pick<CoreContext, 'store'>): Command<'search'> =>
  async ({ query, limit }) =>
    ok(
      deps.store.read((tx) =>
        tx.messages
          .search(query.slice(0, MOST_CHARACTERS), Math.max(1, Math.min(limit, MOST_HITS)))
          .flatMap((hit) => {
            const account = accountOf(hit.message.conversation)
            const contact = account && tx.contacts.get(account)
            return contact
              ? [{ message: hit.message, excerpt: hit.excerpt, contact: toContact(contact) }]
              : []
          })
      )
    )
