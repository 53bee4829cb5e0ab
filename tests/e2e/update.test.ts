/** A new version waits for the person's word, in every tab; then it is there, and nothing that was written is lost. */
import { appendFile, cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/lib/build.ts'
import { writeServiceWorker } from '../../vite/service-worker.ts'
import { message, reached, send } from '../support/app.ts'
import { newFolder } from '../support/profile.ts'
import { until } from '../support/until.ts'
import { befriend, createWorld } from '../support/world.ts'

const DRAFT = 'not yet sent'

test('the prompt appears when a new version is served; until the answer the old one stays, after it the new one is there with everything', async () => {
  if (!(await ensureBuilt())) throw new Error('The page does not build.')
  await using folder = await newFolder('versions')
  const served = join(folder.path, 'dist')
  await cp(process.env['DIST_DIR'] ?? 'dist', served, { recursive: true })
  await using world = await createWorld({ env: { DIST_DIR: served } })
  const { ana, bia } = world
  await befriend(world)
  await send(ana.page, 'in the first version')
  await reached(ana.page, 'in the first version', ['delivered', 'read'])
  await ana.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  const second = await ana.browser.context.newPage()
  await second.goto(ana.page.url())
  await second.getByTestId('composer').waitFor()

  await becomeSecondVersion(served)
  await ana.page.reload()
  await ana.page.getByTestId('update-prompt').waitFor()
  await second.evaluate(() => navigator.serviceWorker.getRegistration().then((found) => found?.update()))
  // The person goes on with the old version for a while.
  expect(await versionOf(ana.page)).toBe('first')
  await send(bia.page, 'while it waits')
  await message(ana.page, 'while it waits').waitFor()
  await ana.page.getByTestId('composer').fill(DRAFT)

  await ana.page.getByTestId('update-prompt').getByRole('button', { name: 'Update' }).click()
  for (const page of [ana.page, second]) {
    await until('the new version is there', async () => (await versionOf(page)) === 'second')
    await message(page, 'in the first version').waitFor()
    await message(page, 'while it waits').waitFor()
    expect(await page.getByTestId('update-prompt').count()).toBe(0)
  }
  await until(
    'the draft is back',
    async () => (await ana.page.getByTestId('composer').inputValue()) === DRAFT
  )
  await ana.page.getByTestId('composer').press('Enter')
  await message(bia.page, DRAFT).waitFor()
  // It is the new one that is kept for a start without a network.
  await ana.browser.context.setOffline(true)
  await ana.page.reload()
  await message(ana.page, DRAFT).waitFor()
  expect(await versionOf(ana.page)).toBe('second')
})

/** As an operator who puts a new build into the place of the old one: page, styles, and the worker that lists them. */
const becomeSecondVersion = async (served: string): Promise<void> => {
  const page = join(served, 'index.html')
  await writeFile(
    page,
    (await readFile(page, 'utf8')).replace('<head>', '<head><meta name="build" content="second">')
  )
  await appendFile(join(served, 'favicon.svg'), '<!-- second -->')
  await writeServiceWorker(process.cwd(), served)
}

const versionOf = (page: Page): Promise<string> =>
  page.evaluate(() => document.querySelector('meta[name="build"]')?.getAttribute('content') ?? 'first')
