/** What somebody wrote is found again by a person at the search field: by words and parts of them, by chat and sender, and opens in its place. */
import { expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/lib/build.ts'
import { acceptRequest, inviteLink, message, onboard, openChat, send } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { createHeadless } from '../support/headless.ts'
import { newFolder } from '../support/profile.ts'
import { contactOf, knock } from '../support/push-stage.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { PATIENCE } from '../support/until.ts'

test('a search finds what was written, narrows down, and opens a message in its place', async () => {
  expect(await ensureBuilt()).toBe(true)
  await using stack = new AsyncDisposableStack()
  const relay = await startRelayProcess({ dataDir: stack.use(await newFolder('relay')).path })
  stack.defer(() => relay.kill())
  const [bia, caio, browser] = await Promise.all([
    createHeadless('Bia', relay.url),
    createHeadless('Caio', relay.url),
    openBrowser({ profile: stack.use(await newFolder('ana')).path, baseURL: relay.url }),
  ])
  stack.use(bia)
  stack.use(caio)
  stack.defer(() => browser.close())
  const { page } = browser

  await onboard(page, 'Ana')
  const link = await inviteLink(page)
  for (const friend of [caio, bia]) {
    await knock(friend, link)
    await acceptRequest(page)
  }
  const [ana] = await Promise.all([contactOf(bia, false), contactOf(caio, false)])
  const meeting = await bia.say(ana, 'A reunião é às três, na sala de vidro.')
  await bia.say(ana, '明日の会議は三時です')
  for (let n = 1; n <= 40; n++) await bia.say(ana, `Mais uma coisa (${n})`)
  await message(page, 'Mais uma coisa (40)').waitFor()
  await openChat(page, 'Caio')
  await send(page, 'Ana Karenina chega amanhã para a REUNIÃO')
  const caios = await page.evaluate(() => location.hash)

  const field = page.locator('[data-search]')
  const hits = page.locator('a[href*="#/chat/"]').filter({ has: page.locator('mark') })
  const areMarked = (texts: readonly string[]) =>
    expect.poll(() => hits.locator('mark').allInnerTexts(), { timeout: PATIENCE }).toEqual(texts)
  const find = async (text: string): Promise<void> => {
    await field.fill('')
    await field.fill(text)
  }
  await find('reuniao')
  await areMarked(['REUNIÃO', 'reunião'])
  await find('ana k')
  await areMarked(['Ana', 'K'])
  await find('"sala de vidro"')
  await areMarked(['sala de vidro'])
  await find('idro')
  await areMarked(['idro'])
  await find('三時')
  await areMarked(['三時'])
  await find('girafa')
  await page.getByText('“girafa”').waitFor()
  expect(await hits.count()).toBe(0)

  await find('reuniao')
  await areMarked(['REUNIÃO', 'reunião'])
  await page.getByTestId('search-filters').click()
  const sender = page.getByTestId('filters').locator('select').first()
  await sender.selectOption({ label: 'Bia' })
  await areMarked(['reunião'])
  await hits.click()
  // Forty messages above the end of the chat.
  await message(page, 'A reunião é às três, na sala de vidro.').waitFor()
  await expect
    .poll(
      () =>
        message(page, 'A reunião é às três, na sala de vidro.').evaluate((row) => {
          const { top, bottom } = row.getBoundingClientRect()
          return top >= 0 && bottom <= innerHeight
        }),
      { timeout: PATIENCE }
    )
    .toBe(true)

  // Bia, who was chosen in the search over all chats, is not in Caio's; nor does she stay chosen behind it.
  await page.evaluate((hash) => void (location.hash = hash), caios)
  await message(page, 'Ana Karenina chega amanhã para a REUNIÃO').waitFor()
  await page.getByTestId('search-here').click()
  await find('reuniao')
  await areMarked(['REUNIÃO'])
  await page.getByTestId('search-everywhere').click()
  await areMarked(['REUNIÃO', 'reunião'])
  // Bia takes hers back: it goes from what is found as it stands there.
  const { conversation, author, id } = meeting
  expect(await bia.core.call('deleteMessage', { conversation, author, id })).toMatchObject({ ok: true })
  await areMarked(['REUNIÃO'])
})
