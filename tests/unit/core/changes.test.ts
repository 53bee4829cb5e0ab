/** Messages that are edited and deleted: by their author alone, in whatever order things come, and nothing of them stays. */
import { expect, test } from 'vitest'
import { conversationWith, type MessageId } from '../../../src/protocol/ids.ts'
import { parseContent, type ContentBody } from '../../../src/protocol/content.ts'
import { at, envelope, message, openDesk, text, type Desk } from '../../support/core-desk.ts'

const edit = (n: number, words: string): ContentBody => ({ kind: 'edit', message: message(n), text: words })
const removal = (n: number): ContentBody => ({ kind: 'delete', message: message(n) })
const talk = (desk: Desk) => conversationWith(desk.row().account)
/** Hands in what Bia says, one after the other, each with a clock of its own. */
const says = async (
  desk: Desk,
  ...letters: readonly (readonly [ContentBody, (MessageId | undefined)?, number?])[]
): Promise<void> => {
  for (const [index, [body, id, physical]] of letters.entries()) {
    const letter = await desk.letter(body, { ...at(physical ?? 1_000 + index), ...(id ? { id } : {}) })
    await desk.deliver(envelope(5_000 + index), letter)
  }
}
const stored = (desk: Desk, own: boolean, n: number) =>
  desk.read((tx) =>
    tx.messages.get({
      conversation: talk(desk),
      author: own ? desk.ana.own.account : desk.row().account,
      id: message(n),
    })
  )
/** What waits to be sent to Bia. */
const waiting = (desk: Desk) =>
  desk.read((tx) =>
    tx.outbox.ofAccount(desk.row().account, 99).flatMap(({ content, kind }) => {
      const parsed = parseContent(content)
      return parsed.ok && kind !== 'receipt' ? [parsed.value.body] : []
    })
  )
const send = (desk: Desk, n: number, words: string) =>
  desk.core.call('sendMessage', { conversation: talk(desk), id: message(n), text: words })

test('an own text is edited here and the edit waits to be sent; the same words again send nothing', async () => {
  await using desk = await openDesk()
  await send(desk, 1, 'helo')
  const change = () =>
    desk.core.call('editMessage', { conversation: talk(desk), id: message(1), text: 'hello' })
  expect(await change()).toMatchObject({ ok: true, value: { text: 'hello' } })
  expect(await change()).toMatchObject({ ok: true })
  expect(stored(desk, true, 1)).toMatchObject({ text: 'hello', kind: 'text' })
  expect(stored(desk, true, 1)?.editedAt).toBeDefined()
  expect(waiting(desk)).toEqual([text('helo'), edit(1, 'hello')])
})

test('what cannot be edited says why', async () => {
  await using desk = await openDesk()
  await send(desk, 1, 'hello')
  const change = (id: MessageId, words: string) =>
    desk.core.call('editMessage', { conversation: talk(desk), id, text: words })
  expect(await change(message(2), 'x')).toMatchObject({ error: { reason: 'unknown-message' } })
  expect(await change(message(1), '  ')).toMatchObject({ error: { reason: 'text-empty' } })
  expect(await change(message(1), 'x'.repeat(70_000))).toMatchObject({ error: { reason: 'text-too-long' } })
  desk.change({ state: 'blocked' })
  expect(await change(message(1), 'x')).toMatchObject({ error: { reason: 'blocked' } })
})

test('a message that never left is only gone; nothing of it waits to be sent', async () => {
  await using desk = await openDesk()
  await send(desk, 1, 'a slip')
  const remove = () =>
    desk.core.call('deleteMessage', {
      conversation: talk(desk),
      author: desk.ana.own.account,
      id: message(1),
    })
  expect(await remove()).toEqual({ ok: true, value: null })
  expect(await remove(), 'again').toEqual({ ok: true, value: null })
  expect(stored(desk, true, 1)).toMatchObject({ kind: 'deleted', text: '' })
  expect(waiting(desk)).toEqual([])
})

test('an edit that was not sent gives way to the next one, and goes with its message', async () => {
  await using desk = await openDesk()
  await send(desk, 1, 'a')
  const change = (words: string) =>
    desk.core.call('editMessage', { conversation: talk(desk), id: message(1), text: words })
  await change('a secret')
  await change('another secret')
  expect(waiting(desk)).toEqual([text('a'), edit(1, 'another secret')])
  await desk.core.call('deleteMessage', {
    conversation: talk(desk),
    author: desk.ana.own.account,
    id: message(1),
  })
  expect(waiting(desk)).toEqual([])
})

test('a failed message that is deleted is over: it is not shown as failed, and not sent again', async () => {
  await using desk = await openDesk()
  await send(desk, 1, 'a slip')
  const key = { conversation: talk(desk), author: desk.ana.own.account, id: message(1) }
  desk.ana.store.transaction((tx) => tx.messages.setState(key, 'failed', 'refused'))
  await desk.core.call('deleteMessage', key)
  expect(stored(desk, true, 1)).toMatchObject({ kind: 'deleted', state: 'sent', failReason: null })
  const retried = await desk.core.call('retryMessage', { conversation: talk(desk), id: message(1) })
  expect(retried).toMatchObject({ error: { reason: 'unknown-message' } })
  expect(waiting(desk)).toEqual([removal(1)])
})

test('one that may have left is taken back at the other side, and its envelopes with it', async () => {
  await using desk = await openDesk()
  await send(desk, 1, 'a slip')
  const account = desk.row().account
  desk.ana.store.transaction((tx) => {
    for (const job of tx.outbox.ofMessage(account, message(1)))
      tx.outbox.update({ ...job, envelopeId: envelope(77), ciphertext: new Uint8Array(9) })
  })
  await desk.core.call('deleteMessage', {
    conversation: talk(desk),
    author: desk.ana.own.account,
    id: message(1),
  })
  expect(waiting(desk)).toEqual([removal(1)])
  const [job] = desk.read((tx) => tx.outbox.ofAccount(account, 9))
  const content = parseContent(job?.content ?? new Uint8Array())
  expect(content.ok && content.value.replaces).toEqual([envelope(77)])
})

test("another's message is deleted here alone", async () => {
  await using desk = await openDesk()
  await says(desk, [text('from Bia'), message(1)])
  const { account } = desk.row()
  await desk.core.call('deleteMessage', { conversation: talk(desk), author: account, id: message(1) })
  expect(stored(desk, false, 1)).toMatchObject({ kind: 'deleted', text: '' })
  expect(waiting(desk)).toEqual([])
})

test('edits and deletions of the other side hold, whichever order they come in', async () => {
  await using desk = await openDesk()
  await says(
    desk,
    [text('one'), message(1)],
    [edit(1, 'one, edited')],
    // On its way it is overtaken by its own edit.
    [edit(2, 'two, edited'), undefined, 1_500],
    [edit(5, 'from before five'), undefined, 900],
    [text('two'), message(2)],
    [text('five'), message(5)],
    [text('three'), message(3)],
    [removal(3)],
    [removal(4)],
    [text('four'), message(4)],
    [edit(3, 'three again')]
  )
  expect([1, 2, 3, 4, 5].map((n) => [stored(desk, false, n)?.kind, stored(desk, false, n)?.text])).toEqual([
    ['text', 'one, edited'],
    ['text', 'two, edited'],
    ['deleted', ''],
    ['deleted', ''],
    // An edit that is older than its message is none.
    ['text', 'five'],
  ])
})

test('nobody changes what another wrote, and who is not accepted changes nothing', async () => {
  await using desk = await openDesk()
  await send(desk, 1, 'mine')
  await says(desk, [edit(1, 'theirs')], [removal(1)])
  expect(stored(desk, true, 1)).toMatchObject({ kind: 'text', text: 'mine' })
  await says(desk, [text('hello'), message(8)])
  desk.change({ state: 'request' })
  await desk.deliver(envelope(1), await desk.letter(removal(9)))
  expect(stored(desk, false, 9)).toBeUndefined()
  // What is kept of somebody who asks is theirs to take back.
  await desk.deliver(envelope(3), await desk.letter(removal(8)))
  expect(stored(desk, false, 8)).toMatchObject({ kind: 'deleted', text: '' })
})
