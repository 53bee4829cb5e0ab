/** Messages that disappear: chosen on a contact's page, said to both people, and gone from both screens and for good when their time is over. */
import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { accountIdOf, goTo, message, openChat, send } from '../support/app.ts'
import { PATIENCE } from '../support/until.ts'
import { befriend, createWorld } from '../support/world.ts'

/** How many lines of the app's own stand in the open conversation. */
const notices = (page: Page): Promise<number> => page.getByTestId('notice').count()

/** Chooses on the page of the contact whose conversation is open, and comes back. */
const choose = async (page: Page, seconds: number): Promise<void> => {
  const before = await notices(page)
  const account = await accountIdOf(page)
  await goTo(page, `contact/${account}`)
  await page.getByTestId('vanish-after').selectOption(String(seconds))
  await goTo(page, `chat/${account}`)
  await expect.poll(() => notices(page), { timeout: PATIENCE }).toBe(before + 1)
}

const isGone = async (page: Page, text: string): Promise<void> => {
  const row = page.getByTestId('chat-row')
  await expect.poll(() => row.innerText(), { timeout: PATIENCE }).not.toContain(text)
  await expect.poll(() => message(page, text).count(), { timeout: PATIENCE }).toBe(0)
}

test('two people have messages disappear: both are told, and what was sent and read is gone on both sides', async () => {
  await using world = await createWorld()
  const { ana, bia } = world
  await befriend(world)
  await send(bia.page, 'this stays')
  await message(ana.page, 'this stays').waitFor()

  const before = await notices(bia.page)
  await choose(ana.page, 3_600)
  for (const { page } of [ana, bia]) await page.getByTestId('vanish-set').waitFor()
  await expect.poll(() => notices(bia.page), { timeout: PATIENCE }).toBe(before + 1)
  await send(ana.page, 'for an hour')
  for (const { page } of [ana, bia]) await message(page, 'for an hour').getByTestId('vanish-mark').waitFor()
  expect(await message(bia.page, 'this stays').getByTestId('vanish-mark').count()).toBe(0)

  // Bia hears of the choice and of what was written under it at once, and later.
  world.network.b.relayPath.cut()
  await world.network.cutDirect()
  await choose(ana.page, 30)
  await send(ana.page, 'for a moment')
  await goTo(bia.page, '')
  world.network.b.relayPath.restore()
  await world.network.restoreDirect()
  // It is unread, so its time has not begun; and it is what was said last.
  await bia.page.getByTestId('chat-row').filter({ hasText: 'for a moment' }).waitFor()
  await openChat(bia.page, ana.name)
  for (const { page } of [ana, bia]) await isGone(page, 'for a moment')

  await Promise.all([ana.page.reload(), bia.page.reload()])
  for (const { page } of [ana, bia]) {
    await message(page, 'for an hour').waitFor()
    expect(await message(page, 'this stays').count()).toBe(1)
    await isGone(page, 'for a moment')
  }
})
