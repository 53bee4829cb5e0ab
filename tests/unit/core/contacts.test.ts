/** What is known of a contact, in whatever order it is told; and what a block leaves behind. */
import { expect, test } from 'vitest'
import { parseContent, type ContentBody } from '../../../src/protocol/content.ts'
import { conversationWith } from '../../../src/protocol/ids.ts'
import { at, envelope, openDesk, silentRelays, text } from '../../support/core-desk.ts'
import { until } from '../../support/until.ts'

const profile = (name: string, n: number): ContentBody => ({
  kind: 'profile',
  name,
  deliveryKey: new Uint8Array(32).fill(n),
  profileKey: new Uint8Array(32).fill(n),
})

test('an older profile that arrives late does not replace a newer one', async () => {
  await using desk = await openDesk()
  const old = await desk.letter(profile('Bia da Silva', 3), at(30))
  const fresh = await desk.letter(profile('Beatriz', 5), at(50))
  await desk.deliver(envelope(2), fresh)
  await desk.deliver(envelope(1), old)
  const { name, deliveryKey, profileKey } = desk.row()
  expect([name, deliveryKey?.[0], profileKey?.[0]]).toEqual(['Beatriz', 5, 5])
  await desk.deliver(envelope(3), await desk.letter(profile('Bia', 6), at(60)))
  expect(desk.row().name).toBe('Bia')
})

test('that they said yes stands before what they wrote since, also when both come at once', async () => {
  await using desk = await openDesk()
  desk.change({ state: 'invited' })
  const { account, listChain } = desk.row()
  const yes = { ...profile('Bia', 3), kind: 'contactAccept', deviceListChain: listChain } as ContentBody
  const accepted = await desk.letter(yes, at(30))
  const written = await desk.letter(text('Good to see you'), at(31))
  desk.clock.advance(60_000)
  await desk.deliver(envelope(1), accepted)
  await desk.deliver(envelope(2), written)
  const lines = desk.read((tx) => tx.messages.newest({ conversation: conversationWith(account), limit: 9 }))
  expect(lines.map((line) => line.text)).toEqual(['contact-accepted', 'Good to see you'])
})

test.each(['accepted', 'invited', 'request', 'ignored'] as const)(
  'whoever was %s before a block is so again after it',
  async (state) => {
    await using desk = await openDesk()
    desk.change({ state })
    const { account } = desk.row()
    await desk.core.call('block', { account })
    await desk.core.call('block', { account })
    expect(desk.row()).toMatchObject({ state: 'blocked', blockedFrom: state })
    const unblocked = await desk.core.call('unblock', { account })
    expect(unblocked).toMatchObject({ ok: true, value: { state } })
    expect(desk.row()).toMatchObject({ state, blockedFrom: null })
    const told = desk.read((tx) => tx.outbox.ofAccount(account, 9).length)
    expect(told, 'only who had something of us hears of it').toBe(
      state === 'accepted' || state === 'invited' ? 1 : 0
    )
  }
)

test('a block changes the keys for everybody else, who are told, with the old one good for two weeks', async () => {
  await using desk = await openDesk()
  const before = desk.read((tx) => tx.account.get())
  const other = {
    ...desk.row(),
    account: '00000000-0000-8000-8000-000000000009' as never,
    state: 'accepted' as const,
  }
  desk.ana.store.transaction((tx) => tx.contacts.put(other))
  await desk.core.call('block', { account: desk.row().account })
  const after = desk.read((tx) => tx.account.get())
  expect(after?.deliveryKey).not.toEqual(before?.deliveryKey)
  expect(after?.profileKey).not.toEqual(before?.profileKey)
  expect(desk.read((tx) => tx.outbox.ofAccount(other.account, 9)).map(({ kind }) => kind)).toEqual([
    'control',
  ])
  expect(desk.read((tx) => tx.outbox.ofAccount(desk.row().account, 9))).toEqual([])
  // A second change replaces the news that nobody has taken yet.
  await desk.core.call('rename', { name: 'Ana Maria' })
  expect(desk.read((tx) => tx.outbox.ofAccount(other.account, 9))).toHaveLength(1)
})

test('a stranger is heard twenty times before they are accepted, and not once more', async () => {
  await using desk = await openDesk()
  desk.change({ state: 'request' })
  for (let n = 0; n < 22; n++) await desk.deliver(envelope(n), await desk.letter(text(`number ${n}`)))
  expect(desk.texts()).toHaveLength(20)
  desk.change({ state: 'accepted' })
  await desk.deliver(envelope(99), await desk.letter(text('thank you')))
  expect(desk.texts().at(-1)).toBe('thank you')
})

test('a contact who names an older list of ours is told the present one, once', async () => {
  await using desk = await openDesk()
  const own = desk.ana.own
  const next = await desk.ana.crypto.renewList(own, own.relays, desk.clock.now())
  desk.ana.store.transaction((tx) => tx.account.put(next))
  const yourList = { revision: 1, hash: new Uint8Array(32) }
  for (const n of [1, 2]) await desk.deliver(envelope(n), await desk.letter(text(`${n}`), { yourList }))
  const told = desk
    .read((tx) => tx.outbox.ofAccount(desk.row().account, 9))
    .flatMap((job) => {
      const content = parseContent(job.content)
      return content.ok && content.value.body.kind === 'listUpdate'
        ? [content.value.body.deviceListChain]
        : []
    })
  expect(told).toEqual([next.listChain])
})

test('another list of the number that is known is a fork: it is looked into, once', async () => {
  let asked = 0
  const unreachable = silentRelays().getList
  await using desk = await openDesk(
    silentRelays({
      getList: async (origin, locator) => {
        asked++
        return unreachable(origin, locator)
      },
    })
  )
  const ownList = { revision: 1, hash: new Uint8Array(32).fill(1) }
  for (const n of [1, 2]) await desk.deliver(envelope(n), await desk.letter(text(`${n}`), { ownList }))
  await until('the relay was asked', () => asked > 0)
  await desk.deliver(envelope(3), await desk.letter(text('3'), { ownList }))
  expect(asked).toBe(1)
})
