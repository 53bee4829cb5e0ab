import type { Page } from 'playwright'

/**
 * Milliseconds from pressing "send" in one page to the text standing in the other page's conversation, `count` times one after another. Both pages are
 * on one machine and read one clock.
 */
export const messageTimes = async (from: Page, to: Page, count: number, label: string): Promise<number[]> => {
  await to.evaluate(() => {
    const seen: Record<string, number> = {}
    const look = (): void => {
      const now = performance.timeOrigin + performance.now()
      for (const text of document.querySelectorAll('[data-testid="message-text"]'))
        seen[text.textContent?.trim() ?? ''] ??= now
    }
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true })
    Object.assign(window, { benchSeen: seen })
  })
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const text = `${label} ${i}`
    await from.getByTestId('composer').fill(text)
    const sent = await from.evaluate(() => {
      const now = performance.timeOrigin + performance.now()
      document.querySelector<HTMLElement>('[data-testid="send"]')?.click()
      return now
    })
    const arrived = await to.waitForFunction(
      (key) => (window as unknown as { benchSeen: Record<string, number> }).benchSeen[key],
      text,
      { polling: 10 }
    )
    times.push(((await arrived.jsonValue()) as number) - sent)
  }
  return times
}
