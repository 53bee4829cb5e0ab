/** What axe finds wrong with a page as it is now. */
import axe, { type AxeResults, type RunOptions } from 'axe-core'
import type { Page } from 'playwright'

export interface Look {
  /** Only these rules: where everything else was judged just before. */
  readonly rules?: readonly string[]
}

/** Every violation in a line of its own: rule, and where. The page is one document; its policy does not hinder the look. */
export async function violations(page: Page, { rules }: Look = {}): Promise<readonly string[]> {
  // What moves is seen through while it moves: colours are judged when it rests.
  await page.evaluate(() =>
    Promise.allSettled(document.getAnimations().map((animation) => animation.finished))
  )
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  const { violations: found } = await page.evaluate(run, {
    resultTypes: ['violations'],
    ...(rules && { runOnly: { type: 'rule', values: [...rules] } }),
  } satisfies RunOptions)
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary ?? ''}`)
  )
}

/** In the page. */
const run = (options: RunOptions): Promise<Pick<AxeResults, 'violations'>> =>
  (window as unknown as { axe: typeof axe }).axe
    .run(document, options)
    .then(({ violations }) => ({ violations }))
