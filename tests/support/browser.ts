/** One person's browser: a real Chromium on a profile folder that outlives it. */
import { chromium, type BrowserContext, type Page, type ViewportSize } from 'playwright'
import { findChromium } from '../../scripts/lib/find-chromium.ts'
import { CHROMIUM_FLAGS } from './chromium.ts'
import { findProcess, isRunning, signalAll, treeOf } from './process-tree.ts'
import { PATIENCE, until } from './until.ts'

export interface BrowserOptions {
  /** The profile folder; opening it again finds what was left in it. */
  readonly profile: string
  readonly baseURL?: string
  readonly viewport?: ViewportSize
  readonly locale?: string
  readonly colorScheme?: 'light' | 'dark'
  readonly permissions?: readonly string[]
  /** More command-line switches. */
  readonly flags?: readonly string[]
  /** Another program that starts the browser, such as one that enters a network namespace first. */
  readonly executable?: string
}

export interface PersonBrowser {
  readonly context: BrowserContext
  /** The first tab. */
  readonly page: Page
  readonly pid: number
  /** Errors that pages threw and nobody caught, and what they wrote to the console as errors. */
  errors(): readonly string[]
  /** Closes it as a person does. */
  close(): Promise<void>
  /** Ends it and all its processes at once: a crash, or a power cut. */
  kill(): Promise<void>
  /** Stops every process of it, as a closed lid does. */
  sleep(): Promise<void>
  /** Lets it go on. */
  wake(): Promise<void>
}

/** Switch that keeps WebRTC from using UDP: direct paths are impossible, the relay's WebSocket stays. */
export const NO_DIRECT_PATH = '--force-webrtc-ip-handling-policy=disable_non_proxied_udp'

/** Opens a browser on a profile folder. */
export async function openBrowser(options: BrowserOptions): Promise<PersonBrowser> {
  const executablePath = options.executable ?? findChromium()
  const context = await chromium.launchPersistentContext(options.profile, {
    ...(executablePath === null ? {} : { executablePath }),
    args: [...CHROMIUM_FLAGS, ...(options.flags ?? [])],
    viewport: options.viewport ?? { width: 1280, height: 800 },
    locale: options.locale ?? 'en-US',
    ...(options.baseURL === undefined ? {} : { baseURL: options.baseURL }),
    ...(options.colorScheme === undefined ? {} : { colorScheme: options.colorScheme }),
    ...(options.permissions === undefined ? {} : { permissions: [...options.permissions] }),
  })
  context.setDefaultTimeout(PATIENCE)
  const errors: string[] = []
  const watch = (page: Page): void => {
    page.on('pageerror', (error) => errors.push(`${error.name}: ${error.message}`))
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  }
  context.pages().forEach(watch)
  context.on('page', watch)
  const page = context.pages()[0] ?? (await context.newPage())
  const pid = await until('the browser’s process', () =>
    findProcess([`--user-data-dir=${options.profile}`], ['--type=', 'netns'])
  )

  return {
    context,
    page,
    pid,
    errors: () => errors,
    close: () => context.close(),
    async kill() {
      const pids = await treeOf(pid)
      const closed = context.isClosed()
        ? Promise.resolve()
        : new Promise<void>((resolve) => context.once('close', () => resolve()))
      signalAll(pids, 'SIGKILL')
      await closed
      for (const one of pids)
        await until('the browser’s processes are gone', async () => !(await isRunning(one)))
    },
    sleep: async () => signalAll(await treeOf(pid), 'SIGSTOP'),
    wake: async () => signalAll(await treeOf(pid), 'SIGCONT'),
  }
}
