/** Gives the test runner a Firefox to run browser tests in: its own providers need a geckodriver, or a Firefox that was built for them. */
import { defineBrowserProvider } from '@vitest/browser'
import type { Browser, BrowserContext } from 'puppeteer-core'
import type { BrowserProvider, TestProject } from 'vitest/node'
import { launchFirefox } from './firefox.ts'

declare module 'vitest/internal/browser' {
  interface BrowserCommands {
    __vitest_viewport: (size: unknown) => void
  }
}

class FirefoxProvider implements BrowserProvider {
  readonly name = 'firefox'
  readonly supportsParallelism = true
  readonly #contexts = new Map<string, BrowserContext>()
  #browser: Promise<Browser> | undefined

  constructor(project: TestProject) {
    // The runner asks for it before each file; these tests look at no pixels.
    project.browser?.registerCommand('__vitest_viewport', () => undefined)
  }

  getCommandsContext(): Record<string, unknown> {
    return {}
  }

  /** Each session has storage of its own. */
  async openPage(session: string, url: string): Promise<void> {
    this.#browser ??= launchFirefox()
    const browser = await this.#browser
    await this.#contexts.get(session)?.close()
    const context = await browser.createBrowserContext()
    this.#contexts.set(session, context)
    const page = await context.newPage()
    await page.goto(url, { timeout: 0 })
  }

  async close(): Promise<void> {
    const browser = await this.#browser
    this.#browser = undefined
    await browser?.close()
  }
}

export const firefox = () =>
  defineBrowserProvider({
    name: 'firefox',
    supportedBrowser: ['firefox'],
    options: {},
    providerFactory: (project) => new FirefoxProvider(project),
  })
