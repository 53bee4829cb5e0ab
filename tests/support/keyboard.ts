/** Using the app without a pointer. */
import type { Page } from 'playwright'

/** More stops than any screen has. */
const STOPS = 80

/** Goes with the Tab key to an element by its test id, and checks that one can see where one is. */
export async function tabTo(page: Page, testId: string): Promise<void> {
  // Some of a screen comes after the screen.
  await page.getByTestId(testId).first().waitFor()
  for (let stop = 0; stop < STOPS; stop++) {
    const at = await page.evaluate(() => {
      const element = document.activeElement
      return { testId: element?.getAttribute('data-testid'), isSeen: element?.matches(':focus-visible') }
    })
    if (at.testId === testId) {
      if (at.isSeen !== true) throw new Error(`The focus on ${testId} cannot be seen.`)
      return
    }
    await page.keyboard.press('Tab')
  }
  throw new Error(`The Tab key does not lead to ${testId}.`)
}

/** Waits until the focus is on an element with this test id: the app has put it there. */
export const focusIsOn = (page: Page, testId: string): Promise<void> =>
  page.locator(`[data-testid="${testId}"]:focus`).waitFor()
