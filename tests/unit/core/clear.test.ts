/** All messages of a chat are deleted on this device: nothing of them is shown, nothing that never left is sent. */
import { expect, test } from 'vitest'
import { conversationWith } from '../../../src/protocol/ids.ts'
import { parseContent } from '../../../src/protocol/content.ts'
import { envelope, message, openDesk, text, type Desk } from '../../support/core-desk.ts'

const talk = (desk: Desk) => conversationWith(desk.row().account)
const clear = (desk: Desk) => desk.core.call('clearMessages', { conversation: talk(desk) })
const send = (desk: Desk, n: number, words: string) =>
  desk.core.call('sendMessage', { conversation: talk(desk), id: message(n), text: words })
const waiting = (desk: Desk) =>
  desk.read((tx) =>
    tx.outbox.ofAccount(desk.row().account, 99).flatMap(({ content, kind }) => {
      const parsed = parseContent(content)
      return parsed.ok && kind !== 'receipt' ? [parsed.value.body] : []
    })
  )

test('a chat is empty at once, for whoever looks at it, and what comes then is there', async () => {
  await using desk = await openDesk()
  const windows: number[] = []
  const unread: (number | undefined)[] = []
  desk.core.live('messages', { conversation: talk(desk), limit: 80 }, (window) =>
    windows.push(window.messages.length)
  )
  desk.core.live('conversations', null, ([chat]) => unread.push(chat?.unread))
  const old = await desk.letter(text('from Bia'), { id: message(1) })
  await desk.deliver(envelope(1), old)
  await send(desk, 2, 'from Ana')
  expect(await clear(desk)).toEqual({ ok: true, value: null })
  expect(await clear(desk), 'again').toEqual({ ok: true, value: null })
  expect(desk.texts()).toEqual([])
  desk.clock.advance(1_000)
  expect([windows.at(-1), unread.at(-1)]).toEqual([0, 0])
  expect(windows).toContain(2)
  await desk.deliver(envelope(2), await desk.letter(text('and now?'), { id: message(3) }))
  expect(desk.texts()).toEqual(['and now?'])
  desk.clock.advance(1_000)
  expect([windows.at(-1), unread.at(-1)]).toEqual([1, 1])
})

test('what never left and what failed is not sent any more, nor its edits; what may have left goes on', async () => {
  await using desk = await openDesk()
  const { account } = desk.row()
  for (const n of [1, 2, 3]) await send(desk, n, `text ${n}`)
  await desk.core.call('editMessage', { conversation: talk(desk), id: message(1), text: 'text 1, edited' })
  const author = desk.ana.own.account
  desk.ana.store.transaction((tx) => {
    for (const job of tx.outbox.ofMessage(account, message(2)))
      tx.outbox.update({ ...job, envelopeId: envelope(77), ciphertext: new Uint8Array(9) })
    tx.messages.setState({ conversation: talk(desk), author, id: message(3) }, 'failed', 'refused')
  })
  await clear(desk)
  expect(waiting(desk)).toEqual([text('text 2')])
})

test('a chat that is not there is said to be unknown', async () => {
  await using desk = await openDesk()
  const conversation = conversationWith(desk.ana.own.account)
  expect(await desk.core.call('clearMessages', { conversation })).toMatchObject({
    error: { reason: 'unknown-conversation' },
  })
})
