/** Settings → Connection: a second home relay is taken and one is left, and messages keep coming all the while. */
import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/lib/build.ts'
import {
  acceptRequest,
  addByLink,
  goTo,
  inviteLink,
  message,
  onboard,
  openChat,
  reached,
  send,
} from '../support/app.ts'
import { NO_DIRECT_PATH, openBrowser } from '../support/browser.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { until } from '../support/until.ts'

const relaysOf = (page: Page, state: string): Promise<number> =>
  page.locator(`[data-testid="relay"][data-state="${state}"]`).count()

test('a second relay is added, carries messages while the first is dead, and is the only one after the first was left', async () => {
  if (!(await ensureBuilt())) throw new Error('The page does not build.')
  await using folder = await newFolder('relays')
  const start = (name: string): ReturnType<typeof startRelayProcess> =>
    startRelayProcess({ dataDir: `${folder.path}/${name}`, env: { WEBRTC_PORT: 'off' } })
  const [first, second] = await Promise.all([start('first'), start('second')])
  const open = (name: string): ReturnType<typeof openBrowser> =>
    openBrowser({ profile: `${folder.path}/${name}`, baseURL: first.url, flags: [NO_DIRECT_PATH] })
  const [ana, bia] = await Promise.all([open('ana'), open('bia')])
  await Promise.all([onboard(ana.page, 'Ana'), onboard(bia.page, 'Bia')])
  await addByLink(bia.page, await inviteLink(ana.page))
  await acceptRequest(ana.page)

  await goTo(ana.page, 'settings/connection')
  await ana.page.getByTestId('relay').waitFor()
  expect(await ana.page.getByTestId('leave-relay').count()).toBe(0)
  await ana.page.getByTestId('relay-address').fill(`localhost:${second.port + 1}/nothing-there`)
  await ana.page.getByTestId('add-relay').click()
  await ana.page.getByRole('alert').waitFor()
  expect(await ana.page.getByTestId('relay').count()).toBe(1)
  await ana.page.getByTestId('relay-address').fill(second.url)
  await ana.page.getByTestId('add-relay').click()
  await until('both relays are connected', async () => (await relaysOf(ana.page, 'connected')) === 2)

  // The list that names the second comes as a message: what is written after it can go there.
  await goTo(ana.page, '')
  await openChat(ana.page, 'Bia')
  await send(ana.page, 'I am at two now')
  await message(bia.page, 'I am at two now').waitFor()
  await first.kill()
  await send(bia.page, 'by the second')
  await message(ana.page, 'by the second').waitFor()
  await first.start()
  await reached(bia.page, 'by the second', ['delivered', 'read'])

  await goTo(ana.page, 'settings/connection')
  await ana.page
    .getByTestId('relay')
    .filter({ hasText: new URL(first.url).host })
    .getByTestId('leave-relay')
    .click()
  await ana.page.getByTestId('confirm-leave-relay').click()
  await until('one is left', async () => (await ana.page.getByTestId('relay').count()) === 1)
  await ana.page.getByTestId('relay').getByText(new URL(second.url).host).waitFor()
  expect(await ana.page.getByTestId('leave-relay').count()).toBe(0)
  await goTo(ana.page, '')
  await openChat(ana.page, 'Bia')
  await send(ana.page, 'moved')
  await reached(ana.page, 'moved', ['delivered', 'read'])
  await send(bia.page, 'found you')
  await message(ana.page, 'found you').waitFor()
  await reached(bia.page, 'found you', ['delivered', 'read'])

  for (const { close } of [ana, bia]) await close()
  for (const { stop } of [first, second]) await stop()
})
