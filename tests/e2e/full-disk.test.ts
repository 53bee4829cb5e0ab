/** The room for the store ends while one writes: it is said before and when it ends, nothing is lost, and with new room all goes on by itself. */
import { expect, test } from 'vitest'
import { message, reached, send } from '../support/app.ts'
import { until } from '../support/until.ts'
import { befriend, createWorld } from '../support/world.ts'

/** A long text, near the most that one message may hold. */
const LONG = 'palavra '.repeat(7_000)

test('without room MePassa can only be read, says so, and goes on by itself when there is some', async () => {
  await using world = await createWorld()
  const { ana, bia } = world
  await befriend(world)
  const { page } = ana
  await send(page, 'before')
  await reached(page, 'before', ['delivered', 'read'])

  const session = await ana.browser.context.newCDPSession(page)
  const origin = new URL(page.url()).origin
  const leave = async (bytes: number | undefined): Promise<void> => {
    const used = await page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0)
    const quota = bytes === undefined ? {} : { quotaSize: used + bytes }
    await session.send('Storage.overrideQuotaForOrigin', { origin, ...quota })
  }
  const level = page.getByTestId('storage-level')
  await leave(2_000_000)
  await page.reload()
  await level.and(page.locator('[data-level="low"]')).waitFor()

  const composer = page.getByTestId('composer')
  let sent = 0
  await until('the room has ended', async () => {
    await composer.fill(`${sent} ${LONG}`)
    await composer.press('Enter')
    // Either it stands in the list, or the words are back in the field and the reason is above it.
    await until('it was taken or not', async () => {
      const [back, error] = [await composer.inputValue(), await page.getByRole('alert').count()]
      return back === '' || error > 0
    })
    sent++
    return (await level.getAttribute('data-level')) === 'full' && (await page.getByRole('alert').count()) > 0
  })
  const unsent = await composer.inputValue()
  expect(unsent.length).toBeGreaterThan(LONG.length / 2)
  await send(bia.page, 'can you read this?')

  await leave(undefined)
  await level.waitFor({ state: 'detached' })
  // What came meanwhile was never acknowledged, so it comes now.
  await message(page, 'can you read this?').waitFor()
  await composer.fill('there is room again')
  await composer.press('Enter')
  await reached(page, 'there is room again', ['delivered', 'read'])
})
