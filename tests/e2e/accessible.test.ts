/** The real app for everyone: axe on its screens in both themes, and the whole story without a pointer. */
import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { SETTINGS_SECTIONS } from '../../src/ui/lib/route.ts'
import { acceptRequest, accountIdOf, goTo, message, reached, send } from '../support/app.ts'
import { violations } from '../support/axe.ts'
import { focusIsOn, tabTo } from '../support/keyboard.ts'
import { createWorld, type World } from '../support/world.ts'

test('axe finds nothing on the screens of the app, in both themes', async () => {
  await using world = await createWorld()
  const { ana, bia } = world
  const found: string[] = []
  const look = async (page: typeof ana.page, screen: string): Promise<void> => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      found.push(...(await violations(page)).map((line) => `${screen}, ${colorScheme}: ${line}`))
    }
  }
  const { page } = ana
  await page.goto('/')
  await page.getByTestId('name-input').waitFor()
  await look(page, 'welcome')
  await page.getByTestId('name-input').fill(ana.name)
  await page.getByTestId('create-account').click()
  await page.locator('a[href="#/add"]').first().waitFor()
  await look(page, 'empty chats')
  await goTo(page, 'add')
  const link = await page.getByTestId('invite-link').inputValue()
  await look(page, 'add')

  await bia.page.goto(link)
  await bia.page.getByTestId('name-input').fill(bia.name)
  await look(bia.page, 'welcome of somebody invited')
  await bia.page.getByTestId('create-account').click()
  await bia.page.getByTestId('confirm-add').waitFor()
  await look(bia.page, 'invite')
  await bia.page.getByTestId('confirm-add').click()
  await bia.page.getByTestId('composer').waitFor()
  await look(bia.page, 'conversation that waits for acceptance')

  await goTo(page, 'requests')
  await page.getByTestId('accept-request').waitFor()
  await look(page, 'requests')
  await acceptRequest(page)
  await send(page, 'Olá 👋🏽 https://example.org')
  await reached(page, 'Olá 👋🏽 https://example.org', ['delivered', 'read'])
  await look(page, 'conversation')
  await page.getByTestId('path-indicator').click()
  await page.getByTestId('path-panel').waitFor()
  await look(page, 'path panel')
  await page.keyboard.press('Escape')
  await changeAndDelete(ana.page, bia.page, look)
  await goTo(page, `contact/${await accountIdOf(page)}`)
  await page.getByTestId('safety-number').waitFor()
  await look(page, 'contact')
  for (const section of SETTINGS_SECTIONS) {
    await goTo(page, `settings/${section}`)
    await page.locator(`a[href="#/settings/${section}"][aria-current="page"]`).waitFor()
    await look(page, `settings, ${section}`)
  }
  expect(found).toEqual([])
})

test('the whole story by keyboard alone', async () => {
  await using world = await createWorld()
  const { ana, bia } = world
  await Promise.all([onboardByKeys(world, 'ana'), onboardByKeys(world, 'bia')])

  await ana.page.keyboard.press('Alt+n')
  await tabTo(ana.page, 'invite-link')
  const link = await ana.page.evaluate(() => getSelection()?.toString() ?? '')
  expect(link).toContain('#/invite/')

  await bia.page.keyboard.press('Alt+n')
  await tabTo(bia.page, 'paste-link')
  await bia.page.keyboard.insertText(link)
  await bia.page.keyboard.press('Enter')
  await bia.page.getByTestId('confirm-add').waitFor()
  await tabTo(bia.page, 'confirm-add')
  await bia.page.keyboard.press('Enter')
  await focusIsOn(bia.page, 'composer')

  await ana.page.keyboard.press('Escape')
  await ana.page.getByTestId('requests-link').waitFor()
  await tabTo(ana.page, 'requests-link')
  await ana.page.keyboard.press('Enter')
  await ana.page.getByTestId('accept-request').waitFor()
  await tabTo(ana.page, 'accept-request')
  await ana.page.keyboard.press('Enter')
  await focusIsOn(ana.page, 'composer')

  await ana.page.keyboard.type('Only keys')
  await ana.page.keyboard.press('Enter')
  await message(bia.page, 'Only keys').waitFor()
  await bia.page.keyboard.type('two')
  await bia.page.keyboard.press('Shift+Enter')
  await bia.page.keyboard.type('lines')
  await bia.page.keyboard.press('Enter')
  await message(ana.page, 'two lines').waitFor()

  // Up the ladder, and back to where one was.
  await ana.page.keyboard.press('Escape')
  await focusIsOn(ana.page, 'chat-row')
  await ana.page.keyboard.press('?')
  await ana.page.getByTestId('shortcuts').waitFor()
  await ana.page.keyboard.press('Escape')
  await focusIsOn(ana.page, 'chat-row')
  await ana.page.reload()
  await ana.page.getByTestId('chat-row').waitFor()
  await tabTo(ana.page, 'chat-row')
  await ana.page.keyboard.press('Enter')
  await focusIsOn(ana.page, 'composer')
  await message(ana.page, 'Only keys').waitFor()
})

const onboardByKeys = async (world: World, who: 'ana' | 'bia'): Promise<void> => {
  const { page, name } = world[who]
  await page.goto('/')
  await page.getByTestId('name-input').waitFor()
  await tabTo(page, 'name-input')
  await page.keyboard.type(name)
  await page.keyboard.press('Enter')
  await page.locator('a[href="#/add"]').first().waitFor()
}

/** One's own message is given other words and then taken back, and the other side sees both. */
const changeAndDelete = async (
  page: Page,
  other: Page,
  look: (page: Page, screen: string) => Promise<void>
): Promise<void> => {
  const open = async (text: string): Promise<void> => {
    await message(page, text).getByTestId('message-menu').focus()
    await page.keyboard.press('Enter')
    await page.getByTestId('message-actions').waitFor()
  }
  await send(page, 'a slpi')
  await reached(page, 'a slpi', ['delivered', 'read'])
  await open('a slpi')
  await look(page, 'message options')
  await page.getByTestId('edit-message').click()
  await look(page, 'editing a message')
  await page.getByTestId('edit-text').fill('a slip')
  await page.getByTestId('save-edit').click()
  await message(other, 'a slip').getByTestId('edited').waitFor()
  await open('a slip')
  await page.getByTestId('delete-message').click()
  await look(page, 'deleting a message')
  await page.getByTestId('confirm-delete').click()
  for (const side of [page, other]) {
    await side.getByTestId('message-deleted').waitFor()
    expect(await message(side, 'a slip').count()).toBe(0)
  }
  await look(page, 'conversation with a deleted message')
}
