import { openChat, pathIs, send } from '../../support/app.ts'
import { seenAt } from './message-time.ts'
import type { World } from '../../support/world.ts'

/**
 * Closes Ana's browser and opens it again, `runs` times: milliseconds from the navigation to a first message standing in Bia's page, that went
 * directly (the head of the conversation says so before it is sent).
 */
export const firstDirectMessage = async (world: World, runs: number): Promise<number[]> => {
  const times: number[] = []
  for (let i = 0; i < runs; i++) {
    await world.ana.browser.close()
    await world.ana.open()
    const { page } = world.ana
    await page.goto('/')
    await openChat(page, world.bia.name)
    await pathIs(page, 'direct')
    const text = `first ${i}`
    const navigation = await page.evaluate(() => performance.timeOrigin)
    await send(page, text)
    times.push((await seenAt(world.bia.page, text)) - navigation)
  }
  return times
}
