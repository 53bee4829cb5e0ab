/** The room for the store ends while somebody writes: told before it ends and when it does, nothing is half written, and all goes on by itself. */
import { expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/lib/build.ts'
import { acceptRequest, goTo, inviteLink, message, onboard, reached, send } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { createHeadless } from '../support/headless.ts'
import { readMessages } from '../support/message-list.ts'
import { newFolder } from '../support/profile.ts'
import { contactOf, knock } from '../support/push-stage.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { until } from '../support/until.ts'

const MIB = 2 ** 20
/** Long enough to fill the room that files already have. */
const LONG = 'palavra '.repeat(3_000).trim()
/** A long text is shown shortened. */
const SHOWN = 100

test('a warning before the quota ends; at its end reading goes on, what could not be taken stays written, and what comes is not lost', async () => {
  expect(await ensureBuilt()).toBe(true)
  await using stack = new AsyncDisposableStack()
  const relay = await startRelayProcess({ dataDir: stack.use(await newFolder('relay')).path })
  stack.defer(() => relay.kill())
  const bia = stack.use(await createHeadless('Bia', relay.url))
  const browser = await openBrowser({ profile: stack.use(await newFolder('ana')).path, baseURL: relay.url })
  stack.defer(() => browser.close())
  const { page } = browser
  const devtools = await browser.context.newCDPSession(page)
  const leave = async (more: number): Promise<void> => {
    const used = await page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0)
    await devtools.send('Storage.overrideQuotaForOrigin', { origin: relay.url, quotaSize: used + more })
  }
  const level = page.getByTestId('storage-level')

  await onboard(page, 'Ana')
  await knock(bia, await inviteLink(page))
  await acceptRequest(page)
  const ana = await contactOf(bia, false)
  await send(page, 'Oi!')
  expect(await level.count()).toBe(0)

  await leave(32 * MIB)
  await page.reload()
  await level.and(page.locator('[data-level="low"]')).waitFor()
  await send(page, 'Ainda cabe.')

  await leave(0)
  const composer = page.getByTestId('composer')
  const refusal = page.locator('form [role="alert"]')
  const textOf = (n: number): string => `${n}. ${LONG}`
  let taken = 0
  await until('the room has ended', async () => {
    await composer.fill(textOf(taken))
    await composer.press('Enter')
    await until(
      'it is there or refused',
      async () =>
        (await refusal.count()) +
          (await page
            .getByTestId('message-text')
            .filter({ hasText: `${taken}. palavra` })
            .count()) >
        0
    )
    if ((await refusal.count()) > 0) return true
    taken += 1
    return false
  })
  // Shorter things may still find room, so that the end comes and goes; that there is little of it is said all the time.
  await level.waitFor()
  expect(await composer.inputValue()).toBe(textOf(taken))
  await bia.say(ana, 'Chegou?')

  // What is there can be read, also by a page that begins now.
  const before = ['Oi!', 'Ainda cabe.', ...Array.from({ length: taken }, (_, n) => textOf(n).slice(0, SHOWN))]
  const shown = async () => (await readMessages(page)).map(({ text }) => text.slice(0, SHOWN))
  const sent = async () => (await shown()).filter((text) => text !== 'Chegou?')
  // Rows of that height move the list while they are measured.
  await expect.poll(sent, { timeout: 60_000 }).toEqual(before)
  await page.reload()
  await composer.waitFor()
  await expect.poll(sent, { timeout: 60_000 }).toEqual(before)

  await devtools.send('Storage.overrideQuotaForOrigin', { origin: relay.url })
  await message(page, 'Chegou?').waitFor()
  await until('nothing is said of it any more', async () => (await level.count()) === 0)
  await goTo(page, `chat/${bia.account}`)
  await send(page, 'De volta.')
  await reached(page, 'De volta.', ['delivered', 'read'])
  await expect.poll(shown, { timeout: 60_000 }).toEqual([...before, 'Chegou?', 'De volta.'])
})
