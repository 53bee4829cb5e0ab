/** When a story is over: nothing is under way any more, and both sides show what they have. */
import type { Page } from 'playwright'
import { readMessages, type ShownMessage } from './message-list.ts'
import { PATIENCE, until } from './until.ts'

/** What both sides show, by person. */
export interface Shown {
  readonly ana: readonly ShownMessage[]
  readonly bia: readonly ShownMessage[]
}

const ARRIVED = ['delivered', 'read', 'received']

/** Texts of a list, in its order. */
export const texts = (messages: readonly ShownMessage[]): readonly string[] =>
  messages.map(({ text }) => text)

/** Waits until an open conversation shows `count` messages or more and every own one is delivered; answers with all it shows. */
export const settledPage = async (
  page: Page,
  count: number,
  timeout = PATIENCE
): Promise<readonly ShownMessage[]> => {
  let seen: readonly ShownMessage[] = []
  try {
    return await until(
      `${count} messages, all delivered`,
      async () => {
        // The newest tells most cheaply that it is too early.
        const last = page.getByTestId('message').last()
        if (!ARRIVED.includes((await last.getAttribute('data-state', { timeout: 2_000 })) ?? '')) return null
        seen = await readMessages(page)
        return seen.length >= count && seen.every(({ state }) => ARRIVED.includes(state)) ? seen : null
      },
      { timeout, every: 500 }
    )
  } catch (cause) {
    const states = Map.groupBy(seen, ({ state }) => state)
    const told = [...states].map(([state, rows]) => `${state} ${rows.length}`).join(', ')
    const screen = await page.locator('body').innerText({ timeout: 5_000 })
    throw new Error(
      `The conversation did not settle: ${seen.length} of ${count} messages (${told}). The page ends with:\n${screen.slice(-600)}`,
      { cause }
    )
  }
}

/** The same for both sides of a conversation. */
export const settled = async (
  people: { readonly ana: { readonly page: Page }; readonly bia: { readonly page: Page } },
  count: number,
  timeout?: number
): Promise<Shown> => {
  const [ana, bia] = await Promise.all([
    settledPage(people.ana.page, count, timeout),
    settledPage(people.bia.page, count, timeout),
  ])
  return { ana, bia }
}
