/** All messages of a chat are deleted on this device: nothing of them is shown, nothing that never left is sent. */
import { expect, test } from 'vitest'
import { fromBinary } from '@bufbuild/protobuf'
import { jobsOf } from '../../../src/core/jobs/account-jobs.ts'
import { addJob } from '../../../src/core/jobs/outbox-rows.ts'
import { DepositSchema } from '../../../src/protocol/gen/wire_pb.js'
import { conversationWith, type MessageId } from '../../../src/protocol/ids.ts'
import { parseContent, type ContentBody } from '../../../src/protocol/content.ts'
import { at, envelope, message, openDesk, silentRelays, text, type Desk } from '../../support/core-desk.ts'
import { commit, openFor, startSession, value } from '../../support/crypto-party.ts'
import { until } from '../../support/until.ts'

const talk = (desk: Desk) => conversationWith(desk.row().account)
const clear = (desk: Desk) => desk.core.call('clearMessages', { conversation: talk(desk) })
const send = (desk: Desk, n: number, words: string) =>
  desk.core.call('sendMessage', { conversation: talk(desk), id: message(n), text: words })
const waiting = (desk: Desk) =>
  desk.read((tx) =>
    [...jobsOf(tx, desk.row().account)].flatMap(({ content, kind }) => {
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

test('what never left and what failed is not sent any more, nor its edits; what has left goes on', async () => {
  await using desk = await openDesk()
  for (const n of [1, 2, 3]) await send(desk, n, `text ${n}`)
  await desk.core.call('editMessage', { conversation: talk(desk), id: message(1), text: 'text 1, edited' })
  const author = desk.ana.own.account
  desk.ana.store.transaction((tx) => {
    tx.messages.setState({ conversation: talk(desk), author, id: message(2) }, 'sent', null)
    tx.messages.setState({ conversation: talk(desk), author, id: message(3) }, 'failed', 'refused')
  })
  await clear(desk)
  expect(waiting(desk)).toEqual([text('text 2')])
})

test('without a network texts are encrypted and wait: what was cleared is not sent with the next one', async () => {
  const deposits: Uint8Array[][] = []
  let online = false
  await using desk = await openDesk(
    silentRelays({
      deposit: async (_, __, ___, bytes) => {
        deposits.push(fromBinary(DepositSchema, bytes).entries.map(({ envelope: sent }) => sent!.body))
        if (online) return { ok: true, value: { stored: 1, forwarded: 0 } }
        return { ok: false, error: { kind: 'network', reason: 'relay-unreachable' } }
      },
    })
  )
  await startSession(desk.ana, desk.bia)
  await send(desk, 1, 'never mind')
  await until('the text was tried', () => deposits.at(-1)?.length === 1)
  await desk.core.call('editMessage', { conversation: talk(desk), id: message(1), text: 'never mind!' })
  await until('its edit was tried', () => deposits.at(-1)?.length === 2)
  await clear(desk)
  expect(waiting(desk)).toEqual([])
  online = true
  const tried = deposits.length
  await send(desk, 2, 'hello')
  await until('the next one is sent', () => deposits.length > tried)
  const { bia } = desk
  const sent = deposits.slice(tried).flat()
  expect(sent).toHaveLength(1)
  const opened = await openFor(bia, sent[0]!)
  const content = parseContent(commit(bia, value(await bia.crypto.decrypt(bia.own, opened))))
  expect(content).toMatchObject({ ok: true, value: { body: text('hello') } })
})

test('a text and its edit are found behind however many jobs', async () => {
  await using desk = await openDesk()
  const { account } = desk.row()
  const later = desk.clock.now() + 60_000
  desk.ana.store.transaction((tx) => {
    const job = { kind: 'receipt', account, messageId: message(9), content: new Uint8Array(1) } as const
    for (let n = 0; n < 1_000; n++) addJob(tx, job, later)
  })
  await send(desk, 1, 'text 1')
  await desk.core.call('editMessage', { conversation: talk(desk), id: message(1), text: 'text 1, edited' })
  expect(waiting(desk)).toHaveLength(2)
  await clear(desk)
  expect(waiting(desk)).toEqual([])
})

test('a cleared message that the other side edits or deletes leaves nothing; a change that comes before its message is kept', async () => {
  await using desk = await openDesk()
  /** Texts are written before all changes, whenever they come. */
  const says = async (n: number, body: ContentBody, id?: MessageId) =>
    desk.deliver(envelope(n), await desk.letter(body, id ? { id, ...at(n) } : at(1_000 + n)))
  await says(1, text('one'), message(1))
  await says(2, text('two'), message(2))
  await send(desk, 3, 'from Ana')
  await clear(desk)
  await clear(desk)
  while (desk.read((tx) => tx.search.waiting()) !== 'none')
    desk.ana.store.transaction((tx) => tx.search.index(100))
  await says(3, { kind: 'delete', message: message(1) })
  await says(4, { kind: 'edit', message: message(2), text: 'two, edited' })
  expect(desk.texts()).toEqual([])
  expect(desk.read((tx) => tx.history.edits(talk(desk)))).toEqual([])
  await says(5, { kind: 'edit', message: message(4), text: 'four, edited' })
  await says(6, { kind: 'delete', message: message(5) })
  await says(7, text('four'), message(4))
  await says(8, text('five'), message(5))
  expect(desk.texts()).toEqual(['four, edited', ''])
})

test('an edit that came before its message is not lost when the chat is cleared in between', async () => {
  await using desk = await openDesk()
  const says = async (n: number, body: ContentBody, id: MessageId) =>
    desk.deliver(envelope(n), await desk.letter(body, { id, ...at(n) }))
  await says(1, text('one'), message(1))
  await says(3, { kind: 'edit', message: message(2), text: 'two, edited' }, message(3))
  await clear(desk)
  await says(2, text('two'), message(2))
  expect(desk.texts()).toEqual(['two, edited'])
})

test('a chat that is not there is said to be unknown', async () => {
  await using desk = await openDesk()
  const conversation = conversationWith(desk.ana.own.account)
  expect(await desk.core.call('clearMessages', { conversation })).toMatchObject({
    error: { reason: 'unknown-conversation' },
  })
})
