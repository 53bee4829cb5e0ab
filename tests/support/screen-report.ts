/** What a conversation's page shows, in words: for the error of a wait that was in vain. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright'

/** A page that does not answer is told of, too, after so long, ms. */
const PATIENCE = 5_000
/** So many texts of the end of the list. */
const LAST = 8

const attempt = async (what: string, look: () => Promise<unknown>): Promise<string> => {
  const given = AbortSignal.timeout(PATIENCE)
  const late = new Promise<string>((resolve) =>
    given.addEventListener('abort', () => resolve('no answer'), { once: true })
  )
  const found = await Promise.race([
    late,
    look().catch((error: unknown) => `not to be had: ${String(error)}`),
  ])
  return `${what}: ${typeof found === 'string' ? found : JSON.stringify(found)}`
}

/** Never fails. @param errors what the browser's pages threw or wrote as errors */
export const tellOfScreen = async (page: Page, errors: readonly string[]): Promise<string> => {
  const tell = [
    attempt('address', async () => page.url()),
    attempt('composer', () => page.getByTestId('composer').inputValue()),
    attempt('last texts', async () => (await page.getByTestId('message-text').allInnerTexts()).slice(-LAST)),
    attempt('alerts', () => page.getByRole('alert').or(page.getByRole('status')).allInnerTexts()),
    attempt('list', () =>
      page
        .getByTestId('message-list')
        .evaluate(({ scrollTop, clientHeight, scrollHeight }) => ({ scrollTop, clientHeight, scrollHeight }))
    ),
    attempt('workers', async () => page.workers().length),
    attempt('locks', () =>
      page.evaluate(async () => {
        const { held = [], pending = [] } = await navigator.locks.query()
        return { held: held.map(({ name }) => name), pending: pending.map(({ name }) => name) }
      })
    ),
    attempt('screenshot', async () => {
      const path = join(await mkdtemp(join(tmpdir(), 'mepassa-screen-')), 'page.png')
      await page.screenshot({ path })
      return path
    }),
  ]
  return [...(await Promise.all(tell)), `errors: ${JSON.stringify(errors.slice(-LAST))}`].join('\n')
}
