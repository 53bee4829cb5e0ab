/** Fills the profile's own database, through the real store, with people and what they have written. */
import { createBrowserKeeper } from '../../../src/adapters/storage/browser-keeper.ts'
import { conversationWith } from '../../../src/protocol/ids.ts'
import { accountId, contactRow, message, messageId } from '../../contract/storage/samples.ts'

/** Conversations from the first up to (and without) the second number, each with so many messages. */
export type Fill = readonly [from: number, to: number, messages: number]
/** Commits are large, so that a hundred thousand messages take seconds. */
const BATCH = 250
const WORDS = ['café', 'tomorrow', 'train', 'maybe', 'obrigada', 'where', 'never', 'sunday']

const fill = async ([from, to, messages]: Fill): Promise<void> => {
  const store = await createBrowserKeeper({ name: 'mepassa', expected: true }).open(() => undefined)
  const began = Date.now() - 1_000_000_000
  for (let first = from; first < to; first += BATCH) {
    store.transaction((tx) => {
      for (let n = first; n < Math.min(to, first + BATCH); n++) {
        const account = accountId(1_000 + n)
        const conversation = conversationWith(account)
        tx.contacts.put(contactRow(account, { name: `Person ${n}`, since: began }))
        const activeAt = began + n * 1_000 + messages
        tx.conversations.put({ id: conversation, draft: '', activeAt })
        for (let i = 0; i < messages; i++) {
          const at = began + n * 1_000 + i
          tx.messages.insert(
            message(n * messages + i, {
              conversation,
              author: account,
              id: messageId(1_000_000 + n * messages + i),
              clock: { physical: at, logical: 0 },
              at,
              text: `${WORDS[n % WORDS.length]} ${WORDS[i % WORDS.length]} ${i}`,
            })
          )
        }
      }
    })
  }
  store.close()
}

self.onmessage = ({ data }: MessageEvent<Fill>) => {
  fill(data).then(
    () => self.postMessage('filled'),
    (error: unknown) => self.postMessage(String(error))
  )
}
