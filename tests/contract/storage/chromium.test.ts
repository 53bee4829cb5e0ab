/** The store in a browser that is killed, and on a disk that is full. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Page } from 'playwright'
import { createServer, type Plugin, type ViteDevServer } from 'vite'
import { openBrowser, type PersonBrowser } from '../../support/browser.ts'
import { newFolder } from '../../support/profile.ts'
import { until } from '../../support/until.ts'
import type { openWhenFree, StoreWorker } from '../../browser/storage/store-worker.ts'
import { textOf } from '../../browser/storage/operations.ts'

declare global {
  // Of the page, put there by the script below.
  var storage: { readonly worker: StoreWorker; readonly openWhenFree: typeof openWhenFree }
}
const SCRIPT = `
  import { openWhenFree, startStoreWorker } from '/tests/browser/storage/store-worker.ts'
  globalThis.storage = { worker: startStoreWorker(), openWhenFree }
`
const emptyPage: Plugin = {
  name: 'empty-page',
  configureServer: ({ middlewares }) => {
    middlewares.use('/empty', (_, response) => {
      response.setHeader('content-type', 'text/html')
      response.end('<!doctype html><title>store</title>')
    })
  },
}
const NAME = 'mepassa-test'
const LONG = 120_000
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

let server: ViteDevServer
beforeAll(async () => {
  server = await createServer({
    configFile: false,
    appType: 'mpa',
    logLevel: 'error',
    cacheDir: 'node_modules/.cache/vite-storage-test',
    server: { host: '127.0.0.1', port: 0, strictPort: false, hmr: false, watch: null },
    optimizeDeps: { noDiscovery: true, exclude: ['@evolu/sqlite-wasm'] },
    worker: { format: 'es' },
    plugins: [emptyPage],
  })
  await server.listen()
}, LONG)
afterAll(() => server.close())

const open = async (browser: PersonBrowser): Promise<Page> => {
  const address = server.resolvedUrls?.local[0]
  if (address === undefined) throw new Error('the server is not listening')
  await browser.page.goto(`${address}empty`)
  await browser.page.addScriptTag({ type: 'module', content: SCRIPT })
  await browser.page.waitForFunction(() => 'storage' in globalThis)
  await browser.page.evaluate((name) => storage.openWhenFree(storage.worker, name), NAME)
  return browser.page
}
const texts = (page: Page) => page.evaluate((name) => storage.worker.call('texts', name), NAME)
const lastTold = (page: Page) => page.evaluate(() => storage.worker.told.at(-1) ?? -1)

test(
  'a browser that is killed while it writes has everything that it had told, again and again',
  async () => {
    await using profile = await newFolder('storage-kill')
    let written = 0
    for (const round of numbers(3)) {
      const browser = await openBrowser({ profile: profile.path })
      const page = await open(browser)
      const before = await texts(page)
      expect(before.length, `round ${round}`).toBeGreaterThanOrEqual(written)
      expect(before).toEqual(numbers(before.length).map(textOf))
      await page.evaluate(([name, from]) => void storage.worker.call('write', name, from, 1_000_000), [
        NAME,
        before.length,
      ] as const)
      written = await until('enough was written', async () => {
        const told = (await lastTold(page)) + 1
        return told >= before.length + 20 * (round + 1) ? told : undefined
      })
      await browser.kill()
    }
    await using browser = await disposable(openBrowser({ profile: profile.path }))
    const page = await open(browser)
    const after = await texts(page)
    expect(after.length).toBeGreaterThanOrEqual(written)
    expect(after).toEqual(numbers(after.length).map(textOf))
    await page.evaluate((name) => storage.worker.call('close', name), NAME)
    expect(await page.evaluate((name) => storage.worker.call('integrity', name), NAME)).toEqual(['ok'])
  },
  LONG
)

test(
  'a full disk is told as full, nothing is half written, and when there is room again all goes on',
  async () => {
    await using profile = await newFolder('storage-full')
    await using browser = await disposable(openBrowser({ profile: profile.path }))
    const page = await open(browser)
    await page.evaluate((name) => storage.worker.call('write', name, 0, 5), NAME)
    const session = await browser.context.newCDPSession(page)
    const setQuota = (size?: number) =>
      session.send('Storage.overrideQuotaForOrigin', {
        origin: new URL(page.url()).origin,
        ...(size === undefined ? {} : { quotaSize: size }),
      })
    const { used } = await page.evaluate(() => storage.worker.call('health'))
    await setQuota((used ?? 0) + 3_000_000)
    expect(await page.evaluate((name) => storage.worker.failure('fill', name, 1_000, 200), NAME)).toBe('full')
    expect(await texts(page)).toEqual(numbers(5).map(textOf))
    expect(await page.evaluate((name) => storage.worker.call('isFull', name), NAME)).toBe(true)

    await setQuota()
    await page.evaluate((name) => storage.worker.call('write', name, 5, 5), NAME)
    expect(await texts(page)).toEqual(numbers(10).map(textOf))
    expect(await page.evaluate((name) => storage.worker.call('isFull', name), NAME)).toBe(false)
    await page.evaluate((name) => storage.worker.call('close', name), NAME)
    expect(await page.evaluate((name) => storage.worker.call('integrity', name), NAME)).toEqual(['ok'])
  },
  LONG
)

const disposable = async (opening: Promise<PersonBrowser>) => {
  const browser = await opening
  return { ...browser, [Symbol.asyncDispose]: () => browser.close() }
}
