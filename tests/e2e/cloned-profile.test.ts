/** A browser's profile is copied, as a backup of a whole disk does, and both copies are used: it is noticed and said, and nothing is silently lost. */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { message, openChat, reached, send } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { newFolder } from '../support/profile.ts'
import { until } from '../support/until.ts'
import { befriend, createWorld } from '../support/world.ts'

test('of two copies of a profile one becomes a device of its own, the other says that it was replaced and can take over again', async () => {
  await using world = await createWorld()
  await using folder = await newFolder('copy')
  const { ana, bia, relay } = world
  await befriend(world)
  await send(ana.page, 'before the copy')
  await reached(ana.page, 'before the copy', ['delivered', 'read'])

  await ana.browser.close()
  const profile = join(folder.path, 'profile')
  await cp(ana.profile, profile, { recursive: true })
  await ana.open()
  await ana.page.goto('/')
  await openChat(ana.page, bia.name)
  await send(ana.page, 'from the original')
  await reached(ana.page, 'from the original', ['delivered', 'read'])

  const copy = await openBrowser({ profile, executable: ana.machine.executable, baseURL: relay.url })
  await copy.page.goto('/')
  await copy.page.getByTestId('device-renewed').waitFor()
  await copy.page.getByTestId('device-seen').click()
  await copy.page.getByTestId('device-renewed').waitFor({ state: 'detached' })
  await openChat(copy.page, bia.name)
  await message(copy.page, 'before the copy').waitFor()
  await send(copy.page, 'from the copy')
  await message(bia.page, 'from the copy').waitFor()
  await send(bia.page, 'to whoever is Ana')
  await message(copy.page, 'to whoever is Ana').waitFor()

  // The original hears of it, keeps what is written in it, and says why it goes nowhere.
  await ana.page.getByTestId('device-removed').waitFor()
  await send(ana.page, 'written in vain')
  await copy.page.getByTestId('composer').waitFor()
  expect(await message(ana.page, 'written in vain').getAttribute('data-state')).toBe('pending')
  expect(await message(bia.page, 'written in vain').count()).toBe(0)

  await ana.page.getByTestId('renew-device').click()
  await ana.page.getByTestId('device-renewed').waitFor()
  await message(bia.page, 'written in vain').waitFor()
  await reached(ana.page, 'written in vain', ['delivered', 'read'])
  await copy.page.getByTestId('device-removed').waitFor()
  await send(bia.page, 'the last word')
  await message(ana.page, 'the last word').waitFor()
  await until(
    'what was said is there once',
    async () => (await message(bia.page, 'from the copy').count()) === 1
  )
  await copy.close()
})
