/**
 * Gives the test runner browsers as people have them, each on a profile folder of its own: what pages store goes to the disk. The runner's own
 * providers use windows that keep all in memory (Chromium), or need a geckodriver or a Firefox that was built for them.
 */
import { defineBrowserProvider } from '@vitest/browser'
import type { BrowserProvider, BrowserProviderOption, TestProject } from 'vitest/node'
import { openBrowser } from './browser.ts'
import { launchFirefox, newFirefoxPage } from './firefox.ts'
import { newFolder } from './profile.ts'

declare module 'vitest/internal/browser' {
  interface BrowserCommands {
    __vitest_viewport: (size: unknown) => void
  }
}

/** Opens a browser on a profile folder, and this address in it; answers what closes it. */
type Launch = (profile: string, url: string) => Promise<() => Promise<void>>

class ProfileProvider implements BrowserProvider {
  readonly name: string
  readonly supportsParallelism = true
  readonly #launch: Launch
  readonly #sessions = new Map<string, AsyncDisposableStack>()

  constructor(project: TestProject, name: string, launch: Launch) {
    this.name = name
    this.#launch = launch
    // The runner asks for it before each file; these tests look at no pixels.
    project.browser?.registerCommand('__vitest_viewport', () => undefined)
  }

  getCommandsContext(): Record<string, unknown> {
    return {}
  }

  /** A session that is opened again begins with nothing. */
  async openPage(session: string, url: string): Promise<void> {
    await this.#sessions.get(session)?.disposeAsync()
    const stack = new AsyncDisposableStack()
    this.#sessions.set(session, stack)
    const { path } = stack.use(await newFolder(this.name))
    stack.defer(await this.#launch(path, url))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.disposeAsync()))
    this.#sessions.clear()
  }
}

const provider = (name: 'chromium' | 'firefox', launch: Launch): BrowserProviderOption =>
  defineBrowserProvider({
    name,
    supportedBrowser: [name],
    options: {},
    providerFactory: (project) => new ProfileProvider(project, name, launch),
  })

export const chromium = (): BrowserProviderOption =>
  provider('chromium', async (profile, url) => {
    const browser = await openBrowser({ profile })
    await browser.page.goto(url, { timeout: 0 })
    return browser.close
  })

export const firefox = (): BrowserProviderOption =>
  provider('firefox', async (profile, url) => {
    const browser = await launchFirefox({ profile })
    const page = await newFirefoxPage(browser)
    await page.goto(url, { timeout: 0 })
    return () => browser.close()
  })
