/** One of the two is away: the relay keeps what is sent, over its own restart, and gives it out in order. */
import { expect, test } from 'vitest'
import { openChat, reached, sendMany } from '../support/app.ts'
import { storedEnvelopes } from '../support/relay-store.ts'
import { settled, texts } from '../support/settled.ts'
import { until } from '../support/until.ts'
import { befriend, createWorld } from '../support/world.ts'

const COUNT = 100

test('a hundred messages to somebody who is away wait at the relay, survive its restart and come in order; their receipts return', async () => {
  await using world = await createWorld()
  const { ana, bia, relay, relayData } = world
  await befriend(world)
  await bia.browser.close()

  const sent = await sendMany(ana.page, 'Ana', COUNT)
  await reached(ana.page, `Ana ${COUNT}`, ['sent'])
  await until('all are stored at the relay', () => storedEnvelopes(relayData) >= COUNT)
  await relay.stop()
  await relay.start()
  expect(storedEnvelopes(relayData)).toBeGreaterThanOrEqual(COUNT)

  await bia.open()
  await bia.page.goto('/')
  // The chat list counts what came before it is opened.
  await until('all are counted', async () =>
    (await bia.page.getByTestId('unread-badge').innerText()).startsWith(String(COUNT))
  )
  await reached(ana.page, `Ana ${COUNT}`, ['delivered'])
  await openChat(bia.page, ana.name)

  const all = await settled(world, COUNT)
  expect(texts(all.bia)).toEqual(sent)
  expect(texts(all.ana)).toEqual(sent)
  // Reading them from the first to the last has told the sender so.
  await reached(ana.page, `Ana ${COUNT}`, ['read'])
  await until('the mailbox is empty', () => storedEnvelopes(relayData) === 0)
})
