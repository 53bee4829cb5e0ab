import type { Page } from 'playwright'
import { reached } from '../../support/app.ts'

/** Notes when each text comes to stand in the page's conversation, and tells whoever waits for it. Nothing is asked again and again. */
const watch = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const seen = new Map<string, number>()
    const waiting = new Map<string, (at: number) => void>()
    new MutationObserver(() => {
      const now = performance.timeOrigin + performance.now()
      const texts = document.querySelectorAll('[data-testid="message-text"]')
      for (let index = texts.length - 1; index >= 0; index--) {
        const text = texts[index]?.textContent.trim() ?? ''
        if (seen.has(text)) return
        seen.set(text, now)
        waiting.get(text)?.(now)
      }
    }).observe(document.body, { childList: true, subtree: true })
    window.benchSeen = (text) =>
      new Promise((resolve) => {
        const at = seen.get(text)
        if (at === undefined) waiting.set(text, resolve)
        else resolve(at)
      })
  })

export interface MessageRun {
  /** What the texts begin with. */
  readonly label: string
  readonly settled: boolean
  readonly between?: () => Promise<void>
}

/** Milliseconds since 1970 at which a text came to stand in the page. */
export const seenAt = (page: Page, text: string): Promise<number> =>
  page.evaluate((wanted) => window.benchSeen(wanted), text)

/**
 * Milliseconds from pressing "send" in one page to the text standing in the other page's conversation, `count` times. Both pages are on one
 * machine and read one clock. `between` runs before each: what is compared is measured in turns, so that a busy machine slows both alike.
 * `settled`: each message is sent when the one before is shown as read to its sender, as when two people talk; else as soon as it stands on
 * the other side, while its receipts are still under way.
 */
export const messageTimes = async (
  from: Page,
  to: Page,
  count: number,
  { label, settled, between }: MessageRun
): Promise<number[]> => {
  await watch(to)
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    await between?.()
    const text = `${label} ${i}`
    await from.getByTestId('composer').fill(text)
    const arrived = seenAt(to, text)
    const sent = await from.evaluate(() => {
      const now = performance.timeOrigin + performance.now()
      document.querySelector<HTMLElement>('[data-testid="send"]')?.click()
      return now
    })
    times.push((await arrived) - sent)
    if (settled) await reached(from, text, ['read'])
  }
  return times
}

declare global {
  interface Window {
    benchSeen(text: string): Promise<number>
  }
}
