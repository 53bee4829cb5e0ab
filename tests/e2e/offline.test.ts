/** Networks that come and go, and machines that sleep: nobody has to reload anything. */
import { expect, test } from 'vitest'
import { message, pathIs, reached, send, sendMany } from '../support/app.ts'
import { settled, texts } from '../support/settled.ts'
import { befriend, createWorld } from '../support/world.ts'

test('without a network the app starts, shows its history and takes messages, which go out when it is back', async () => {
  await using world = await createWorld()
  const { ana, bia, network } = world
  await befriend(world)
  await send(bia.page, 'before')
  await message(ana.page, 'before').waitFor()
  await ana.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))

  network.a.relayPath.cut()
  await network.cutDirect()
  await ana.browser.context.setOffline(true)
  await ana.page.reload()
  await message(ana.page, 'before').waitFor()
  await ana.page.getByTestId('status-line').waitFor()
  const written = await sendMany(ana.page, 'from the tunnel', 3)
  const answered = await sendMany(bia.page, 'are you there', 3)
  expect(await message(ana.page, 'from the tunnel 3').getAttribute('data-state')).toBe('pending')

  network.a.relayPath.restore()
  await network.restoreDirect()
  await ana.browser.context.setOffline(false)
  const all = await settled(world, 7)
  expect(texts(all.ana)).toEqual(texts(all.bia))
  expect([...texts(all.ana)].sort()).toEqual(['before', ...written, ...answered].sort())
  await ana.page.getByTestId('status-line').waitFor({ state: 'detached' })
  await Promise.all([pathIs(ana.page, 'direct'), pathIs(bia.page, 'direct')])
})

test('a machine sleeps while it is written to, wakes up and has everything', async () => {
  await using world = await createWorld()
  const { ana, bia } = world
  await befriend(world)
  await Promise.all([pathIs(ana.page, 'direct'), pathIs(bia.page, 'direct')])
  await send(ana.page, 'good night')
  await reached(ana.page, 'good night', ['read'])

  await bia.browser.sleep()
  await sendMany(ana.page, 'while you sleep', 5)
  // The direct peer does not answer any more: the mailbox takes over.
  await reached(ana.page, 'while you sleep 5', ['sent'])
  await bia.browser.wake()
  await reached(ana.page, 'while you sleep 5', ['delivered', 'read'])
  await send(bia.page, 'good morning')
  const all = await settled(world, 7)
  expect(texts(all.ana)).toEqual(texts(all.bia))
  expect(new Set(texts(all.ana)).size).toBe(7)
  await Promise.all([pathIs(ana.page, 'direct'), pathIs(bia.page, 'direct')])
})
