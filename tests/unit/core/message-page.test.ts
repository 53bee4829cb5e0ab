/** A conversation is gone through from its first message to its last. */
import { expect, test } from 'vitest'
import { openNodeStore } from '../../../src/adapters/storage/node-store.ts'
import type { MessagePlace } from '../../../src/client/contract.ts'
import { messagePage } from '../../../src/core/messages/message-page.ts'
import type { Message } from '../../../src/core/domain/message.ts'
import { message, OWN, WITH_ANA, WITH_BEN } from '../../contract/storage/samples.ts'

test('page by page in its order, each message once, and nothing of another conversation', async () => {
  const store = await openNodeStore({ memory: true })
  const at = (physical: number, logical: number) => ({ clock: { physical, logical } })
  const all = [
    message(8, { ...at(1, 0), author: OWN }),
    message(5, at(1, 0)),
    message(7, at(1, 0)),
    message(9, at(1, 5)),
    message(3, at(2, 0)),
  ]
  store.transaction((tx) => {
    for (const id of [WITH_ANA, WITH_BEN]) tx.conversations.put({ id, draft: '', activeAt: 0 })
    for (const each of all.toReversed()) tx.messages.insert(each)
    tx.messages.insert(message(4, { ...at(1, 0), conversation: WITH_BEN }))
  })
  const page = messagePage({ store })
  const through = async (limit: number): Promise<readonly Message[][]> => {
    const pages: Message[][] = []
    let after: MessagePlace | null = null
    do {
      const answer: Awaited<ReturnType<typeof page>> = await page({ conversation: WITH_ANA, after, limit })
      if (!answer.ok) throw new Error('no page')
      pages.push([...answer.value.messages])
      after = answer.value.next
    } while (after !== null)
    return pages
  }
  for (const limit of [1, 2, 3, 5, 99]) {
    const pages = await through(limit)
    expect(pages.flat(), `pages of ${limit}`).toEqual(all)
    expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(limit)
  }
  store.close()
})
