import type { Page } from 'playwright'
import { onboard } from '../../support/app.ts'
import { openBrowser } from '../../support/browser.ts'
import { newFolder } from '../../support/profile.ts'
import { bundleModule } from '../../../vite/signal-bundle.ts'
import type { Fill } from './fill.worker.ts'

/** What was measured with one size of profile. */
export interface ListFigures {
  /** Milliseconds from the navigation to a row being there. */
  readonly shown: readonly number[]
  /** The same to its conversation being open, the row having been clicked as soon as it was there. */
  readonly usable: readonly number[]
  /** What the page's own code and data take, MiB. */
  readonly pageHeap: number
}

/** Relays answer nothing of their own here, so the service worker lets it pass and the bench may answer it. */
const FILLER = '/v1/bench'

const fillProfile = async (page: Page, script: string, what: Fill): Promise<void> => {
  await page.route(`**${FILLER}/*`, (route) => {
    const isScript = route.request().url().endsWith('.js')
    return route.fulfill({
      contentType: isScript ? 'text/javascript' : 'text/html',
      body: isScript ? script : '<!doctype html><title>fill</title>',
    })
  })
  await page.goto(`${FILLER}/page`)
  const answer = await page.evaluate(
    ([url, order]) =>
      new Promise<string>((resolve, reject) => {
        const worker = new Worker(url, { type: 'module' })
        worker.onmessage = ({ data }: MessageEvent<string>) => resolve(data)
        worker.onerror = (event) => reject(new Error(event.message))
        worker.postMessage(order)
      }),
    [`${FILLER}/fill.js`, what] as const
  )
  if (answer !== 'filled') throw new Error(`the profile could not be filled: ${answer}`)
}

/** Clicks the first row as soon as there is one, and notes when it and its conversation were there. */
const watchList = async (page: Page): Promise<void> => {
  await page.addInitScript(() => {
    const times: Record<string, number> = {}
    Object.assign(window, { benchTimes: times })
    new MutationObserver(() => {
      const row = document.querySelector<HTMLElement>('[data-testid="chat-row"]')
      if (times['shown'] === undefined && row) {
        times['shown'] = performance.now()
        row.click()
      }
      if (times['usable'] === undefined && document.querySelector('[data-testid="composer"]'))
        times['usable'] = performance.now()
    }).observe(document, { childList: true, subtree: true })
  })
}

/** The app in a real browser on a profile with so many conversations, each with so many messages; warm: it has been opened before. */
export const chatListTimes = async (
  relay: string,
  conversations: number,
  messages: number,
  runs: number
): Promise<ListFigures> => {
  await using folder = await newFolder('chat-list')
  const script = await bundleModule(new URL('./fill.worker.ts', import.meta.url).pathname)
  const browser = await openBrowser({ profile: folder.path, baseURL: relay })
  try {
    const { page } = browser
    await onboard(page, 'Ana Jabuticaba')
    await fillProfile(page, script, [0, conversations, messages])
    await watchList(page)
    const shown: number[] = []
    const usable: number[] = []
    // The first one warms up.
    for (let run = 0; run <= runs; run++) {
      await page.goto('/')
      await page.getByTestId('composer').waitFor()
      const times = await page.evaluate(() => (window as { benchTimes?: Record<string, number> }).benchTimes)
      if (run === 0) continue
      shown.push(times?.['shown'] ?? NaN)
      usable.push(times?.['usable'] ?? NaN)
    }
    const session = await page.context().newCDPSession(page)
    await session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    return { shown, usable, pageHeap: usedSize / 2 ** 20 }
  } finally {
    await browser.close()
  }
}
