/** The relay dies without a word: people who talk directly need not notice, the others go on when it is back. */
import { expect, test } from 'vitest'
import { message, pathIs, reached, send, sendMany } from '../support/app.ts'
import { settled, texts } from '../support/settled.ts'
import { befriend, createWorld } from '../support/world.ts'

const COUNT = 10

test('a direct conversation goes on while the relay is dead; when it is back, so are the pages, without a reload', async () => {
  await using world = await createWorld()
  const { ana, bia, relay, network } = world
  await befriend(world)
  await Promise.all([pathIs(ana.page, 'direct'), pathIs(bia.page, 'direct')])
  await markPages(world)

  await relay.kill()
  await Promise.all([sendMany(ana.page, 'Ana', COUNT), sendMany(bia.page, 'Bia', COUNT)])
  const alone = await settled(world, 2 * COUNT)
  expect(texts(alone.ana)).toEqual(texts(alone.bia))
  await Promise.all([pathIs(ana.page, 'direct'), pathIs(bia.page, 'direct')])

  // Back up, it is found again: with the direct path gone everything has to go through it.
  await relay.start()
  await network.cutDirect()
  await send(ana.page, 'by the relay')
  await reached(ana.page, 'by the relay', ['delivered', 'read'])
  expect(await pagesAreTheSame(world)).toBe(true)
})

test('a conversation through the relay waits while it is dead and resumes when it is back, without a reload', async () => {
  await using world = await createWorld()
  const { ana, bia, relay, network } = world
  await network.cutDirect()
  await befriend(world)
  await Promise.all([pathIs(ana.page, 'relay'), pathIs(bia.page, 'relay')])
  await send(ana.page, 'before')
  await reached(ana.page, 'before', ['delivered', 'read'])
  await markPages(world)

  await relay.kill()
  await Promise.all([sendMany(ana.page, 'Ana', COUNT), sendMany(bia.page, 'Bia', COUNT)])
  await pathIs(ana.page, 'waiting')
  expect(await message(ana.page, `Ana ${COUNT}`).getAttribute('data-state')).toBe('pending')
  expect(await message(bia.page, `Ana ${COUNT}`).count()).toBe(0)

  await relay.start()
  const all = await settled(world, 2 * COUNT + 1)
  expect(texts(all.ana)).toEqual(texts(all.bia))
  expect(new Set(texts(all.ana)).size).toBe(2 * COUNT + 1)
  await Promise.all([pathIs(ana.page, 'relay'), pathIs(bia.page, 'relay')])
  expect(await pagesAreTheSame(world)).toBe(true)
})

type People = Awaited<ReturnType<typeof createWorld>>

/** A reload would wipe the mark. */
const markPages = async ({ ana, bia }: People): Promise<void> => {
  for (const { page } of [ana, bia])
    await page.evaluate(() => void Object.assign(window, { isSamePage: true }))
}

const pagesAreTheSame = async ({ ana, bia }: People): Promise<boolean> => {
  const marks = await Promise.all([ana, bia].map(({ page }) => page.evaluate(() => 'isSamePage' in window)))
  return marks.every(Boolean)
}
