/** Unread counts and read receipts are right for any number of messages. */
import { expect, test } from 'vitest'
import { parseContent } from '../../../src/protocol/content.ts'
import { conversationWith } from '../../../src/protocol/ids.ts'
import { at, envelope, message, openDesk, text, type Desk } from '../../support/core-desk.ts'
import { START } from '../../support/crypto-party.ts'
import { until } from '../../support/until.ts'

const receive = (desk: Desk, from: number, to: number): void =>
  desk.ana.store.transaction((tx) => {
    const { account } = desk.row()
    for (let n = from; n < to; n++)
      tx.messages.insert({
        conversation: conversationWith(account),
        author: account,
        id: message(n),
        clock: { physical: START + n, logical: 0 },
        kind: 'text',
        text: `message ${n}`,
        state: 'received',
        failReason: null,
        at: START + n,
        own: false,
      })
  })

const unread = (desk: Desk): number | undefined =>
  desk.read((tx) => tx.conversations.get(conversationWith(desk.row().account))?.unread)

/** The ids in the receipts that wait to be sent. */
const receipted = (desk: Desk): readonly string[] =>
  desk.read((tx) =>
    tx.outbox.ofAccount(desk.row().account, 1_000).flatMap((job) => {
      const content = parseContent(job.content)
      return content.ok && content.value.body.kind === 'receipt' && content.value.body.receipt === 'read'
        ? content.value.body.ids
        : []
    })
  )

/** Lets the time pass for which receipts are gathered, and waits till none is due. */
const gathered = async (desk: Desk): Promise<void> => {
  desk.clock.advance(100)
  await until('the receipts are written', () => desk.read((tx) => tx.receipts.accounts().length === 0))
}

test('two and a half thousand unread messages are counted, read up to one, and receipted each', async () => {
  await using desk = await openDesk()
  const conversation = conversationWith(desk.row().account)
  receive(desk, 0, 2_500)
  expect(unread(desk)).toBe(2_500)
  await desk.core.call('markRead', { conversation, upTo: message(1_999) })
  expect(unread(desk)).toBe(500)
  await gathered(desk)
  expect(new Set(receipted(desk))).toEqual(new Set(Array.from({ length: 2_000 }, (_, n) => message(n))))
  await desk.core.call('markRead', { conversation, upTo: message(2_499) })
  expect(unread(desk)).toBe(0)
})

test('a message that comes late is unread, though later ones were read, and is receipted when it is', async () => {
  await using desk = await openDesk()
  const conversation = conversationWith(desk.row().account)
  receive(desk, 100, 101)
  await desk.core.call('markRead', { conversation, upTo: message(100) })
  await desk.deliver(envelope(1), await desk.letter(text('late'), { ...at(50), id: message(50) }))
  expect(unread(desk)).toBe(1)
  await desk.core.call('markRead', { conversation, upTo: message(100) })
  expect(unread(desk)).toBe(0)
  await gathered(desk)
  expect(receipted(desk)).toContain(message(50))
})

test('an id that is not in the conversation marks nothing', async () => {
  await using desk = await openDesk()
  receive(desk, 0, 3)
  await desk.core.call('markRead', { conversation: conversationWith(desk.row().account), upTo: message(77) })
  expect(unread(desk)).toBe(3)
})

test('a receipt names the newest of those before it once more, so that a lost one heals', async () => {
  await using desk = await openDesk()
  const conversation = conversationWith(desk.row().account)
  receive(desk, 0, 30)
  await desk.core.call('markRead', { conversation, upTo: message(28) })
  await gathered(desk)
  desk.ana.store.transaction((tx) => {
    for (const job of tx.outbox.ofAccount(desk.row().account, 99)) tx.outbox.remove(job.seq)
  })
  await desk.core.call('markRead', { conversation, upTo: message(29) })
  await gathered(desk)
  expect(receipted(desk)[0]).toBe(message(29))
  expect(new Set(receipted(desk).slice(1))).toEqual(
    new Set(Array.from({ length: 16 }, (_, n) => message(13 + n)))
  )
})
