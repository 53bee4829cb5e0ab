/** What axe finds wrong with the page as it is now. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright'

/** Every violation in a line of its own: rule, and where. */
export async function violations(page: Page): Promise<readonly string[]> {
  // What moves is seen through while it moves: colours are judged when it rests.
  await page.evaluate(() =>
    Promise.allSettled(document.getAnimations().map((animation) => animation.finished))
  )
  const { violations: found } = await new AxeBuilder({ page }).analyze()
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary ?? ''}`)
  )
}
