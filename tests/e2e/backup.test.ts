/** A backup made in one browser comes back in another that was empty, and the two people go on talking. */
import { expect, test } from 'vitest'
import { atHome, goTo, message, openChat, reached, send } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { newFolder } from '../support/profile.ts'
import { befriend, createWorld } from '../support/world.ts'
import { join } from 'node:path'

const PASSPHRASE = 'a parrot at noon'

test('history comes back on another browser, and both go on talking', async () => {
  await using world = await createWorld()
  const { ana, bia, relay } = world
  await using folder = await newFolder('ana-again')
  await befriend(world)
  await send(ana.page, 'from the old browser')
  await reached(ana.page, 'from the old browser', ['delivered', 'read'])
  await send(bia.page, 'an answer')
  await message(ana.page, 'an answer').waitFor()

  await goTo(ana.page, 'settings/backup')
  await ana.page.getByTestId('backup-passphrase').fill(PASSPHRASE)
  await ana.page.getByTestId('backup-again').fill(PASSPHRASE)
  const [download] = await Promise.all([
    ana.page.waitForEvent('download'),
    ana.page.getByTestId('save-backup').click(),
  ])
  const file = join(folder.path, download.suggestedFilename())
  await download.saveAs(file)
  await ana.page.getByTestId('backup-saved').waitFor()
  await ana.browser.kill()

  const again = await openBrowser({
    profile: join(folder.path, 'profile'),
    executable: ana.machine.executable,
    baseURL: relay.url,
  })
  const { page } = again
  await page.goto('/')
  await page.getByTestId('restore-open').click()
  await page.getByTestId('restore-file').setInputFiles(file)
  await page.getByTestId('restore-passphrase').fill('a parrot at moon')
  await page.getByTestId('restore-start').click()
  await page.getByTestId('restore-error').waitFor()
  await page.getByTestId('restore-passphrase').fill(PASSPHRASE)
  await page.getByTestId('restore-start').click()
  await atHome(page)
  await openChat(page, bia.name)
  await message(page, 'from the old browser').waitFor()
  await message(page, 'an answer').waitFor()

  await send(page, 'from the new browser')
  await message(bia.page, 'from the new browser').waitFor()
  await send(bia.page, 'welcome back')
  await message(page, 'welcome back').waitFor()
  expect(again.errors()).toEqual([])
  await again.close()
})
