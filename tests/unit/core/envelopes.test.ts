/** What an envelope may do before it is known who wrote it: nothing. */
import { expect, test } from 'vitest'
import { createParty, startSession, value, commit } from '../../support/crypto-party.ts'
import { encodeContent } from '../../../src/protocol/content.ts'
import { envelope, message, openDesk, text } from '../../support/core-desk.ts'

test('garbage under the id of a good envelope does not hide it, whatever the garbage is', async () => {
  await using desk = await openDesk()
  const good = await desk.letter(text('the good copy'))
  const earlier = await desk.letter(text('another one of hers'))
  // A stranger with an account of their own writes as well-formed as anybody.
  const mallory = await createParty('Mallory')
  await startSession(mallory, desk.ana)
  const content = encodeContent({
    id: message(1),
    clock: { physical: 1, logical: 0 },
    body: text('not hers'),
  })
  const forged = commit(
    mallory,
    value(await mallory.crypto.encrypt(mallory.own, desk.ana.own.account, desk.ana.device, content, true))
  )
  await desk.deliver(envelope(1), new Uint8Array(500).fill(7), 'bad relay')
  await desk.deliver(envelope(1), forged, 'bad relay')
  await desk.deliver(envelope(1), earlier, 'bad relay')
  expect(desk.texts()).toEqual(['another one of hers'])
  await desk.deliver(envelope(1), good)
  expect(desk.texts()).toEqual(['the good copy', 'another one of hers'])
})

test('garbage leaves nothing in the database', async () => {
  await using desk = await openDesk()
  let commits = 0
  // Upkeep counts this start of the device meanwhile.
  desk.ana.store.onCommit(({ tables }) => {
    if ([...tables].join() !== 'settings') commits++
  })
  for (let n = 0; n < 100; n++) await desk.deliver(envelope(n), crypto.getRandomValues(new Uint8Array(300)))
  expect(commits).toBe(0)
})

test('a copy from each source is acknowledged to each, and counts once', async () => {
  await using desk = await openDesk()
  const body = await desk.letter(text('once'))
  await Promise.all(['one', 'two', 'three'].map((peer) => desk.deliver(envelope(1), body, peer)))
  await desk.deliver(envelope(1), body, 'one')
  expect(desk.texts()).toEqual(['once'])
  expect(desk.acknowledged.filter((id) => id === envelope(1))).toHaveLength(4)
})
