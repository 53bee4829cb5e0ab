import type { CoreContext } from '../context.ts'
import type { Sender } from '../jobs/incoming.ts'
import type { Handler } from '../jobs/receive.ts'
import { conversationRow, insertMessage } from '../jobs/rows.ts'
import { conversationWith, type MessageId } from '../../protocol/ids.ts'
import { wasCleared } from './cleared.ts'

/** Only who may write here may change what they wrote; what others wrote cannot even be named. */
const isWelcome = ({ contact, listed }: Sender): boolean =>
  listed && (contact?.state === 'accepted' || contact?.state === 'invited' || contact?.state === 'request')
/** Who is not accepted yet changes what is kept of them, and leaves nothing for what is not. */
const mayLeave = ({ contact }: Sender): boolean => contact?.state !== 'request'
const keyOf = ({ account }: Sender, id: MessageId) => ({
  conversation: conversationWith(account),
  author: account,
  id,
})

/** Another text for a message of the sender's; it waits if it comes before it. */
export const receiveEdit =
  (deps: Pick<CoreContext, 'clock'>): Handler<'edit'> =>
  async (from, { body, clock }) => {
    if (!isWelcome(from)) return 'refuse'
    const key = keyOf(from, body.message)
    const edit = { clock, text: body.text, at: deps.clock.now() }
    return (tx) => {
      if (tx.messages.get(key)) tx.messages.edit(key, edit)
      else if (mayLeave(from) && !wasCleared(tx, key)) {
        // The conversation first, to which the edit belongs.
        tx.conversations.put(conversationRow(tx, key.conversation))
        tx.messages.keepEdit(key, edit)
      }
      return undefined
    }
  }

/** A message of the sender's is taken back; one that has not come yet will not be shown when it does. */
export const receiveDelete =
  (deps: Pick<CoreContext, 'clock'>): Handler<'delete'> =>
  async (from, { body, clock }) => {
    if (!isWelcome(from)) return 'refuse'
    const key = keyOf(from, body.message)
    return (tx) => {
      const message = tx.messages.get(key)
      if (message?.kind === 'text') tx.messages.erase(key)
      else if (!message && mayLeave(from) && !wasCleared(tx, key))
        insertMessage(tx, {
          ...key,
          clock,
          kind: 'deleted',
          text: '',
          state: 'received',
          failReason: null,
          at: deps.clock.now(),
          own: false,
        })
      return undefined
    }
  }
