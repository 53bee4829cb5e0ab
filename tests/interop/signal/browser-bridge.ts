import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium, type Browser, type Page } from 'playwright'
import { findChromium } from '../../../scripts/lib/find-chromium.ts'
import { bundleModule } from '../../../vite/signal-bundle.ts'
import { CHROMIUM_FLAGS } from '../../support/chromium.ts'
import type { Operations } from './browser.worker.ts'

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>signal</title><script type="module" src="/page.js"></script>'
// Bytes cross the page as lists; the page itself only passes messages on.
const PAGE_SCRIPT = `
const worker = new Worker('/worker.js', { type: 'module' })
const waiting = new Map()
let next = 0
worker.addEventListener('message', ({ data }) => {
  const { resolve, reject } = waiting.get(data.id)
  waiting.delete(data.id)
  if (data.error) reject(new Error(data.error))
  else resolve(pack(data.value))
})
const pack = (value) => JSON.stringify(value, (_, item) => (item instanceof Uint8Array ? { bytes: [...item] } : item))
const unpack = (text) => JSON.parse(text, (_, item) => (item && item.bytes && Array.isArray(item.bytes) ? Uint8Array.from(item.bytes) : item))
window.call = (name, args) => new Promise((resolve, reject) => {
  const id = next++
  waiting.set(id, { resolve, reject })
  worker.postMessage({ id, name, args: unpack(args) })
})
`

export type BrowserBridge = {
  readonly call: <N extends keyof Operations>(
    name: N,
    ...args: Parameters<Operations[N]>
  ) => Promise<Awaited<ReturnType<Operations[N]>>>
  readonly version: string
  readonly close: () => Promise<void>
}

const pack = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => (item instanceof Uint8Array ? { bytes: [...item] } : item))

const unpack = (text: string | undefined): unknown =>
  text === undefined
    ? undefined
    : JSON.parse(text, (_, item: unknown) =>
        item !== null && typeof item === 'object' && 'bytes' in item && Array.isArray(item.bytes)
          ? Uint8Array.from(item.bytes as number[])
          : item
      )

const serve = async (files: Readonly<Record<string, string>>): Promise<Server> => {
  const server = createServer((request, response) => {
    const body = files[request.url ?? '']
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': request.url === '/' ? 'text/html' : 'text/javascript',
      'content-security-policy': "default-src 'none'; script-src 'self'; worker-src 'self'",
    })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

type Caller = { call: (name: string, args: string) => Promise<string | undefined> }

/** Starts Chromium with the library in a worker, under a strict content security policy. */
export const openBrowserBridge = async (): Promise<BrowserBridge> => {
  const worker = await bundleModule(new URL('./browser.worker.ts', import.meta.url).pathname)
  const server = await serve({ '/': PAGE, '/page.js': PAGE_SCRIPT, '/worker.js': worker })
  const executablePath = findChromium()
  const browser: Browser = await chromium.launch({
    args: [...CHROMIUM_FLAGS],
    ...(executablePath === null ? {} : { executablePath }),
  })
  const page: Page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await page.waitForFunction(() => 'call' in globalThis)
  return {
    version: browser.version(),
    call: async (name, ...args) => {
      const result = await page.evaluate(
        ([operation, values]) => (globalThis as unknown as Caller).call(operation, values),
        [name as string, pack(args)] as const
      )
      return unpack(result) as never
    },
    close: async () => {
      await browser.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
