/** Messages that vanish: who says after how long, when the time begins, and what is left when it is over. */
import { expect, test } from 'vitest'
import { createSweeper } from '../../../src/core/messages/sweeper.ts'
import { jobsOf } from '../../../src/core/jobs/account-jobs.ts'
import { conversationWith } from '../../../src/protocol/ids.ts'
import { parseContent, type ContentBody, type VanishTimer } from '../../../src/protocol/content.ts'
import { at, envelope, message, openDesk, silentRelays, text, type Desk } from '../../support/core-desk.ts'
import { START, startSession } from '../../support/crypto-party.ts'
import { until } from '../../support/until.ts'

/** Seconds. */
const HOUR = 3_600
/** Milliseconds. */
const DAY = 86_400_000
const talk = (desk: Desk) => conversationWith(desk.row().account)
const choose = (desk: Desk, seconds: number) =>
  desk.core.call('setVanishAfter', { account: desk.row().account, seconds })
const send = (desk: Desk, n: number, words: string) =>
  desk.core.call('sendMessage', { conversation: talk(desk), id: message(n), text: words })
const read = (desk: Desk, n: number) =>
  desk.core.call('markRead', { conversation: talk(desk), upTo: message(n) })
const timer = (after: number, physical: number): VanishTimer => ({
  after,
  set: { physical: START + physical, logical: 0 },
})
const lasting = (words: string, vanish: VanishTimer | Pick<VanishTimer, 'after'>): ContentBody => ({
  kind: 'text',
  text: words,
  vanish,
})
const notices = (desk: Desk) =>
  desk.read((tx) =>
    tx.messages
      .newest({ conversation: talk(desk), limit: 99 })
      .flatMap(({ kind, text: notice }) => (kind === 'notice' ? [notice] : []))
  )
const waiting = (desk: Desk) =>
  desk.read((tx) =>
    [...jobsOf(tx, desk.row().account)].flatMap(({ content, kind }) => {
      const parsed = parseContent(content)
      return parsed.ok && kind !== 'receipt' ? [parsed.value.body] : []
    })
  )
/** Bia says these, one after the other, the first under the number `from`. */
const says = async (desk: Desk, from: number, ...bodies: readonly ContentBody[]): Promise<void> => {
  for (const [index, body] of bodies.entries()) {
    const letter = await desk.letter(body, { id: message(from + index), ...at(1_000 + from + index) })
    await desk.deliver(envelope(from + index), letter)
  }
}
/** What is due is taken out a moment later, and lists follow a moment after that. */
const settle = (desk: Desk): void => {
  for (let times = 0; times < 3; times++) desk.clock.advance(100)
}
/** The app was closed and is opened again so much later, ms. */
const openLater = async (desk: Desk, ms: number): Promise<void> => {
  await desk.core.stop()
  const { store, time } = desk.ana
  const clock = { now: () => time.now + ms, after: () => () => undefined }
  const sweeper = createSweeper({ store, clock, log: { warn: () => undefined } })
  sweeper.start()
  sweeper.stop()
}
/** A relay that takes whatever is sent, once it is online. */
const takingRelay = (relay: { online: boolean }) =>
  silentRelays({
    deposit: async () =>
      relay.online
        ? { ok: true, value: { stored: 1, forwarded: 0 } }
        : { ok: false, error: { kind: 'network', reason: 'relay-unreachable' } },
  })

test('a chat is set: both are told, a line says so, and what is written from then on carries it', async () => {
  await using desk = await openDesk()
  await send(desk, 1, 'before')
  expect(await choose(desk, HOUR)).toMatchObject({ ok: true, value: { vanishAfter: HOUR } })
  expect(await choose(desk, HOUR), 'again').toMatchObject({ ok: true })
  await send(desk, 2, 'after')
  const vanish = { after: HOUR, set: { physical: START, logical: 1 } }
  expect(waiting(desk)).toEqual([text('before'), { kind: 'vanish', ...vanish }, lasting('after', vanish)])
  expect(notices(desk)).toEqual([`vanish-mine:${HOUR}`])
  await choose(desk, 0)
  const off = { after: 0, set: { physical: START, logical: 5 } }
  expect(desk.row().vanish).toEqual(off)
  expect(waiting(desk), 'the newest choice says it all').toContainEqual({ kind: 'vanish', ...off })
  expect(waiting(desk).filter(({ kind }) => kind === 'vanish')).toHaveLength(1)
  expect(notices(desk)).toEqual([`vanish-mine:${HOUR}`, 'vanish-mine:0'])
})

test('only a whole number of seconds up to four weeks, and only with a contact', async () => {
  await using desk = await openDesk()
  for (const seconds of [-1, 1.5, NaN, 4 * 7 * 86_400 + 1])
    expect(await choose(desk, seconds)).toMatchObject({ error: { reason: 'malformed' } })
  desk.change({ state: 'invited' })
  expect(await choose(desk, HOUR)).toMatchObject({ error: { reason: 'unknown-contact' } })
  expect([desk.row().vanish, notices(desk), waiting(desk)]).toEqual([undefined, [], []])
})

test('the other side sets it, by itself or with a text; an older choice changes nothing', async () => {
  await using desk = await openDesk()
  await says(desk, 1, { kind: 'vanish', ...timer(HOUR, 50) })
  expect(desk.row().vanish).toEqual(timer(HOUR, 50))
  await says(desk, 2, lasting('late', timer(60, 40)), lasting('once more', timer(HOUR, 50)))
  expect([desk.row().vanish?.after, notices(desk)]).toEqual([HOUR, [`vanish-theirs:${HOUR}`]])
  await says(desk, 4, lasting('newer', timer(60, 60)), lasting('of itself alone', { after: 5 }))
  expect([desk.row().vanish?.after, notices(desk)]).toEqual([
    60,
    [`vanish-theirs:${HOUR}`, 'vanish-theirs:60'],
  ])
  // Both chose in the same millisecond: both keep the longer one.
  await says(desk, 6, { kind: 'vanish', ...timer(59, 60) }, { kind: 'vanish', ...timer(61, 60) })
  expect(desk.row().vanish).toEqual(timer(61, 60))
  // A text of an earlier version of the app says nothing of it.
  await says(desk, 8, text('plain'))
  expect(desk.row().vanish?.after).toBe(61)
})

test('the line that tells of it stands before what was written under it, however late and in whatever order both come', async () => {
  await using desk = await openDesk()
  const lines = () =>
    desk.read((tx) => tx.messages.newest({ conversation: talk(desk), limit: 9 }).map((one) => one.text))
  await says(desk, 1, text('before'))
  const chosen = await desk.letter({ kind: 'vanish', ...timer(60, 1_002) }, at(1_003))
  const written = await desk.letter(lasting('under it', timer(60, 1_002)), { id: message(4), ...at(1_004) })
  desk.clock.advance(HOUR * 1_000)
  await desk.deliver(envelope(4), written)
  await desk.deliver(envelope(3), chosen)
  expect(lines()).toEqual(['before', 'vanish-theirs:60', 'under it'])
  const later = await desk.letter({ kind: 'vanish', ...timer(120, 2_000) }, at(2_001))
  const last = await desk.letter(text('at last'), { id: message(5), ...at(2_002) })
  await desk.deliver(envelope(6), later)
  await desk.deliver(envelope(5), last)
  expect(lines().slice(3)).toEqual(['vanish-theirs:120', 'at last'])
  // Here, too: what is chosen after that comes after it.
  await choose(desk, HOUR)
  await send(desk, 7, 'mine')
  expect(lines().slice(5)).toEqual([`vanish-mine:${HOUR}`, 'mine'])
})

test('it stands last where it would not be noticed: before what has been read or written here, and in the future', async () => {
  await using desk = await openDesk()
  const lines = () =>
    desk.read((tx) => tx.messages.newest({ conversation: talk(desk), limit: 9 }).map((one) => one.text))
  desk.clock.advance(HOUR * 1_000)
  await says(desk, 1, text('read'))
  await read(desk, 1)
  await desk.deliver(envelope(2), await desk.letter({ kind: 'vanish', ...timer(60, 5) }, at(2_000)))
  expect(lines()).toEqual(['read', 'vanish-theirs:60'])
  const years = 9e11
  const ahead = await desk.letter({ kind: 'vanish', ...timer(120, years) }, at(years))
  await desk.deliver(envelope(3), ahead)
  await send(desk, 4, 'mine')
  expect(lines().slice(2)).toEqual(['vanish-theirs:120', 'mine'])
  // Something was written here since: right before what brought it, then.
  await send(desk, 6, 'mine, too')
  const crossed = lasting('crossed', timer(60, years + 5))
  await desk.deliver(envelope(6), await desk.letter(crossed, at(HOUR * 1_000 + 30_000)))
  expect(lines().slice(4)).toEqual(['mine, too', 'vanish-theirs:60', 'crossed'])
  // A choice that is ahead of what brought it stands right before that, whoever has the greater account.
  const late = { kind: 'vanish', ...timer(180, years + 9) } as const
  await desk.deliver(envelope(5), await desk.letter(lasting('under it', late), at(HOUR * 1_000 + 60_000)))
  expect(lines().slice(7)).toEqual(['vanish-theirs:180', 'under it'])
})

test('a choice made by a clock far ahead can be changed all the same', async () => {
  await using desk = await openDesk()
  await says(desk, 1, { kind: 'vanish', ...timer(HOUR, 9e11) })
  expect(await choose(desk, 60)).toMatchObject({ ok: true, value: { vanishAfter: 60 } })
  expect(desk.row().vanish?.set).toEqual({ physical: START + 9e11, logical: 1 })
})

test('somebody who is not accepted sets nothing, though what they write vanishes', async () => {
  await using desk = await openDesk()
  desk.change({ state: 'request' })
  await says(desk, 1, lasting('hello', timer(HOUR, 1)), { kind: 'vanish', ...timer(60, 2) })
  expect([desk.row().vanish, notices(desk)]).toEqual([undefined, []])
  expect(desk.texts()).toEqual(['hello'])
  await read(desk, 1)
  desk.clock.advance(HOUR * 1_000)
  settle(desk)
  expect(desk.texts()).toEqual([])
})

test('what was received vanishes so long after it was read: for who looks at the chat, in the list and in the search', async () => {
  await using desk = await openDesk()
  const shown: string[][] = []
  const last: (string | undefined)[] = []
  desk.core.live('messages', { conversation: talk(desk), limit: 80 }, ({ messages }) =>
    shown.push(messages.map((one) => one.text))
  )
  desk.core.live('conversations', null, ([chat]) => last.push(chat?.last?.text))
  await says(desk, 1, text('stays'), lasting('a secret', { after: HOUR }))
  desk.clock.advance(9 * HOUR * 1_000)
  expect(desk.texts(), 'unread').toEqual(['stays', 'a secret'])
  await read(desk, 2)
  desk.clock.advance(HOUR * 1_000 - 1)
  expect(shown.at(-1)).toEqual(['stays', 'a secret'])
  await read(desk, 2)
  desk.clock.advance(1)
  settle(desk)
  await until('the screens know', () => shown.at(-1)?.length === 1)
  expect([shown.at(-1), last.at(-1)]).toEqual([['stays'], 'stays'])
  const found = await desk.core.call('search', {
    query: 'secret',
    scope: { conversation: null, author: null, from: null, until: null },
    after: null,
    limit: 9,
  })
  expect(found).toMatchObject({ ok: true, value: { hits: [] } })
  // A deletion or an edit that comes now leaves nothing, nor does the message come again with a repeat.
  await says(desk, 3, { kind: 'edit', message: message(2), text: 'edited' })
  await says(desk, 4, { kind: 'delete', message: message(2) })
  expect(desk.texts()).toEqual(['stays'])
  expect(desk.read((tx) => tx.history.edits(talk(desk)))).toEqual([])
})

test('an edit changes the words and not the time', async () => {
  await using desk = await openDesk()
  await says(desk, 1, lasting('a secret', { after: HOUR }))
  await read(desk, 1)
  desk.clock.advance(HOUR * 1_000 - 1)
  await says(desk, 2, { kind: 'edit', message: message(1), text: 'another secret' })
  expect(desk.texts()).toEqual(['another secret'])
  desk.clock.advance(1)
  settle(desk)
  expect(desk.texts()).toEqual([])
})

test("an own message stays until it has left; then its time begins, and the outbox's copies end with it", async () => {
  const relay = { online: false }
  await using desk = await openDesk(takingRelay(relay))
  await startSession(desk.ana, desk.bia)
  await choose(desk, HOUR)
  await send(desk, 1, 'a secret')
  await desk.core.call('editMessage', { conversation: talk(desk), id: message(1), text: 'a better secret' })
  desk.clock.advance(30 * HOUR * 1_000)
  expect(desk.texts()).toEqual(['a better secret'])
  relay.online = true
  await desk.core.call('wake', null)
  const key = { conversation: talk(desk), author: desk.ana.own.account, id: message(1) }
  await until('it has left', () => desk.read((tx) => tx.messages.get(key))?.state === 'sent')
  expect(waiting(desk).map(({ kind }) => kind)).toEqual(['vanish', 'text', 'edit'])
  desk.clock.advance(HOUR * 1_000 - 1)
  expect(desk.texts()).toEqual(['a better secret'])
  desk.clock.advance(1)
  settle(desk)
  expect(desk.texts()).toEqual([])
  expect(waiting(desk).map(({ kind }) => kind)).toEqual(['vanish'])
  // Its receipt comes late.
  await says(desk, 5, { kind: 'receipt', receipt: 'read', ids: [message(1)] })
  expect(desk.texts()).toEqual([])
})

test('many that are due go in steps; the next one is waited for, however far away', async () => {
  await using desk = await openDesk()
  const author = desk.row().account
  desk.ana.store.transaction((tx) => {
    for (let n = 1; n <= 250; n++) {
      const one = { conversation: talk(desk), author, id: message(n), clock: { physical: n, logical: 0 } }
      const rest = {
        kind: 'text',
        text: `text ${n}`,
        state: 'received',
        failReason: null,
        at: n,
        own: false,
      } as const
      tx.messages.insert({ ...one, ...rest, vanishAfter: n < 250 ? HOUR : 28 * 24 * HOUR })
      tx.messages.beginVanishing(one, START)
    }
  })
  desk.clock.advance(HOUR * 1_000)
  for (let steps = 0; steps < 3; steps++) desk.clock.advance(25)
  expect(desk.texts()).toEqual(['text 250'])
  for (let days = 0; days < 27; days++) desk.clock.advance(DAY)
  expect(desk.texts()).toEqual(['text 250'])
  desk.clock.advance(DAY)
  settle(desk)
  expect(desk.texts()).toEqual([])
})

test('a clock that is set back neither ends a time early when it is right again, nor keeps a message for years', async () => {
  await using desk = await openDesk()
  const year = 365 * 86_400_000
  await says(desk, 1, lasting('a secret', { after: HOUR }), lasting('another', { after: HOUR }))
  desk.clock.advance(-year)
  await read(desk, 1)
  desk.clock.advance(year)
  desk.clock.advance(60_000)
  expect(desk.texts()).toEqual(['a secret', 'another'])
  // Set a year ahead, and right again, with something written in between.
  desk.clock.advance(year)
  await send(desk, 9, 'from the future')
  await read(desk, 2)
  desk.clock.advance(-year)
  const { now } = desk.ana.time
  await openLater(desk, 0)
  expect(desk.texts()).toEqual(['another', 'from the future'])
  const end = now + HOUR * 1_000
  expect(desk.read((tx) => tx.messages.vanishing())).toEqual({ first: end, last: end })
  await openLater(desk, HOUR * 1_000)
  expect(desk.texts()).toEqual(['from the future'])
})

test('what vanished does not come again with a repeat of its envelope', async () => {
  await using desk = await openDesk()
  const letter = await desk.letter(lasting('a secret', { after: HOUR }), { id: message(1) })
  await desk.deliver(envelope(1), letter)
  await read(desk, 1)
  desk.clock.advance(HOUR * 1_000)
  settle(desk)
  await desk.deliver(envelope(1), letter)
  expect(desk.texts()).toEqual([])
})

test('what was due while nothing ran is gone when the core has started', async () => {
  await using desk = await openDesk()
  await says(desk, 1, lasting('a secret', { after: HOUR }), text('stays'))
  await read(desk, 2)
  await openLater(desk, HOUR * 1_000 - 1)
  expect(desk.texts()).toEqual(['a secret', 'stays'])
  await openLater(desk, HOUR * 1_000)
  expect(desk.texts()).toEqual(['stays'])
})
