/** Two tabs of one profile: whichever leads may be closed while the other is writing. */
import { expect, test } from 'vitest'
import { message, pathIs, reached, send, sendMany } from '../support/app.ts'
import { settled, texts } from '../support/settled.ts'
import { befriend, createWorld } from '../support/world.ts'

const COUNT = 60
/** The leader goes while this one is being sent. */
const CLOSING = 20

test('the leading tab is closed while the other sends: every message arrives, in order, once', async () => {
  await using world = await createWorld()
  const { ana, bia } = world
  await befriend(world)
  await Promise.all([pathIs(ana.page, 'direct'), pathIs(bia.page, 'direct')])

  const leader = ana.page
  const follower = await ana.browser.context.newPage()
  await follower.goto(leader.url())
  await send(follower, 'from the second tab')
  // What one tab writes, the other shows.
  await message(leader, 'from the second tab').waitFor()
  await reached(follower, 'from the second tab', ['delivered', 'read'])

  const texts1 = await sendMany(follower, 'Ana', CLOSING)
  const [rest] = await Promise.all([sendMany(follower, 'Ana goes on', COUNT - CLOSING), leader.close()])
  const all = await settled({ ana: { page: follower }, bia }, COUNT + 1)
  const expected = ['from the second tab', ...texts1, ...rest]
  expect(texts(all.ana)).toEqual(expected)
  expect(texts(all.bia)).toEqual(expected)

  // The tab that took over also receives.
  await send(bia.page, 'still there?')
  await reached(bia.page, 'still there?', ['read'])
  expect(await message(follower, 'still there?').count()).toBe(1)
})
