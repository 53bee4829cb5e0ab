/** A relay for invited people: its operator makes a link, and who opens it can write and be written to. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { atHome, goTo, onboard } from '../support/app.ts'
import { violations } from '../support/axe.ts'
import { openBrowser } from '../support/browser.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { until } from '../support/until.ts'
import english from '../../messages/en.json' with { type: 'json' }

test('the operator signs in, makes an invitation, and the one who opens it is let in', async () => {
  await using data = await newFolder('relay')
  await using mine = await newFolder('operator')
  await using theirs = await newFolder('guest')
  const relay = await startRelayProcess({ dataDir: data.path, env: { REGISTRATION: 'invite' } })
  const operator = await openBrowser({ profile: mine.path, baseURL: relay.url })
  const { page } = operator
  const accessible = async (): Promise<void> => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await violations(page)).toEqual([])
    }
  }

  await page.goto('/admin')
  await accessible()
  await page.getByLabel('Admin token').fill(await readFile(join(data.path, 'admin-token'), 'utf8'))
  await page.getByLabel('Admin token').press('Enter')
  await page.getByLabel('What for').fill('family')
  await page.getByRole('button', { name: 'Make an invitation' }).click()
  await accessible()
  const link = await page.getByRole('status').locator('.made').innerText()
  expect(link.startsWith(`${relay.url}/join/`)).toBe(true)

  const guest = await openBrowser({ profile: theirs.path, baseURL: relay.url })
  // Without the invitation the app is there, and says what it takes to be let in.
  await onboard(guest.page, 'Ana')
  await guest.page.getByTestId('status-line').getByText(english.status_uninvited).waitFor()
  await goTo(guest.page, 'settings/connection')
  await guest.page.locator('[data-testid="relay"][data-state="uninvited"]').waitFor()
  await guest.page.goto(link)
  expect(new URL(guest.page.url()).pathname).toBe('/')
  await atHome(guest.page)
  await until('the relay has taken her in', async () => {
    await page.goto('/admin')
    return (
      (await page
        .locator('dt', { hasText: /^Accounts$/ })
        .locator('+ dd')
        .innerText()) === '1'
    )
  })
  expect(await page.getByText('family: over').isVisible()).toBe(true)
  // The app is installed in this browser now, and leaves the relay's own pages to the relay.
  await guest.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await guest.page.goto('/admin')
  await guest.page.getByLabel('Admin token').waitFor()
  await guest.close()
  await operator.close()
  await relay.stop()
})
