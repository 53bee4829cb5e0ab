import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bundle } from '../interop/signal/browser-bridge.ts'
import { openBrowser } from '../support/browser.ts'
import { newFolder } from '../support/profile.ts'
import type { Figures } from './storage/measure.ts'

// One JSON line a figure, ms: the store in Chromium with little and with much in it, and their ratio.
const SMALL = [50, 1_000] as const
const LARGE = [1_000, 100_000] as const
/** Of much to little, where it is a promise: what one looks at must not cost by what lies behind it. */
const LIMITS: Readonly<Partial<Record<keyof Figures, number>>> = { open: 1.5, chatList: 1.5, last50: 1.5 }
/** Of the repositories to the bare statement, both durable and encrypted. */
const INSERT_LIMIT = 1.3

const worker = await bundle(new URL('./storage/measure.worker.ts', import.meta.url).pathname)
const server = createServer((request, response) => {
  const isWorker = request.url === '/worker.js'
  response.writeHead(200, { 'content-type': isWorker ? 'text/javascript' : 'text/html' })
  response.end(isWorker ? worker : '<!doctype html><title>store</title>')
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
await using profile = await newFolder('bench-storage')
const browser = await openBrowser({ profile: profile.path })
await browser.page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)

const measure = (size: readonly [number, number]): Promise<Figures> =>
  browser.page.evaluate(
    (args) =>
      new Promise<Figures>((resolve, reject) => {
        const thread = new Worker('/worker.js', { type: 'module' })
        thread.onmessage = ({ data }: MessageEvent<Figures>) => resolve(data)
        thread.onerror = (event) => reject(new Error(event.message))
        thread.postMessage(args)
      }),
    size
  )
const report = (
  line: Readonly<Record<string, unknown>>,
  ratio: number,
  limit: number | undefined
): boolean => {
  const ok = limit === undefined || ratio <= limit
  process.stdout.write(
    `${JSON.stringify({ bench: 'storage', unit: 'ms', ...line, ratio: Number(ratio.toFixed(2)), limit, ok })}\n`
  )
  return ok
}

try {
  await measure(SMALL) // The first start of the browser's storage is not what is measured.
  const [small, large] = [await measure(SMALL), await measure(LARGE)]
  const fixed = (value: number) => Number(value.toFixed(3))
  const outcomes = (Object.keys(small) as (keyof Figures)[]).map((figure) =>
    report(
      { figure, small: fixed(small[figure]), large: fixed(large[figure]) },
      large[figure] / small[figure],
      LIMITS[figure]
    )
  )
  const ratio = large.insert / large.bareInsert
  outcomes.push(report({ figure: 'insert beside the bare statement' }, ratio, INSERT_LIMIT))
  process.exitCode = outcomes.every(Boolean) ? 0 : 1
} finally {
  await browser.close()
  server.close()
}
