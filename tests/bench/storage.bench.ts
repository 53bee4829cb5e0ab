/**
 * The store in Chromium beside other engines with the same content, at 10,000, 100,000 and a million messages, in one run, turn by turn.
 * `npm run bench -- storage 10000` measures only that size (and an empty one); `storage mepassa sqliteWasm` only these engines.
 */
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bundleModule } from '../../vite/signal-bundle.ts'
import { openBrowser, type PersonBrowser } from '../support/browser.ts'
import { treeOf } from '../support/process-tree.ts'
import { newFolder } from '../support/profile.ts'
import { benchFiles, type Kind } from './storage/files.ts'
import type { EngineName } from './storage/measure.ts'
import { addressOf, PAGE } from './storage/page.ts'
import { report, type Samples } from './storage/report.ts'

const ROUNDS = 5
const INSERTS = 30
/** Each writes the whole file. */
const INSERTS_OF_SQLJS = 3
const EMPTY = 0
const FILE_OF: Readonly<Record<EngineName, Kind>> = {
  mepassa: 'encrypted',
  sqliteWasm: 'plain',
  waSqlite: 'plain',
  sqlJs: 'fts4',
}
const ALL = Object.keys(FILE_OF) as EngineName[]

const wanted = process.argv.slice(2)
const chosenSizes = [10_000, 100_000, 1_000_000].filter((size) => wanted.includes(String(size)))
const sizes = [EMPTY, ...(chosenSizes.length > 0 ? chosenSizes : [10_000, 100_000, 1_000_000])]
const chosen = ALL.filter((engine) => wanted.includes(engine))
const engines = chosen.length > 0 ? chosen : ALL

const worker = await bundleModule(new URL('./storage/measure.worker.ts', import.meta.url).pathname)
const files = new Map<string, string>()
for (const size of sizes)
  for (const [kind, path] of Object.entries(await benchFiles(size))) files.set(`/${kind}-${size}`, path)
const server = createServer((request, response) => {
  const path = files.get(request.url ?? '')
  if (path !== undefined) return void createReadStream(path).pipe(response)
  const isWorker = request.url === '/worker.js'
  response.writeHead(200, {
    'content-type': isWorker ? 'text/javascript' : 'text/html',
    // Isolated pages have clocks of 5 µs, others of 100.
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  })
  response.end(isWorker ? worker : PAGE)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

/** Memory of the pages' processes that is not a file's, bytes. */
const memoryOf = async (browser: PersonBrowser): Promise<number> => {
  let sum = 0
  for (const pid of await treeOf(browser.pid)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (!command.includes('--type=renderer')) continue
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    sum += Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024
  }
  return sum
}

const nameOf = (engine: EngineName, size: number): string => `${engine}-${size}`
const samples: Samples = new Map()
const note = (engine: EngineName, size: number, figure: string, value: number): void => {
  const bySize = samples.get(engine) ?? new Map<number, Map<string, number[]>>()
  const byFigure = bySize.get(size) ?? new Map<string, number[]>()
  byFigure.set(figure, [...(byFigure.get(figure) ?? []), value])
  samples.set(engine, bySize.set(size, byFigure))
}

/** A browser of its own, so that memory is that of one visit. */
const visit = async (profile: string, engine: EngineName, size: number, round: number): Promise<void> => {
  const browser = await openBrowser({ profile })
  try {
    const { page } = browser
    const inserts = engine === 'sqlJs' ? INSERTS_OF_SQLJS : INSERTS
    const asked = { engine, name: nameOf(engine, size), size, round, inserts, isLast: round === ROUNDS - 1 }
    await page.goto(addressOf(base, { kind: 'visit', visit: asked }))
    const figures = await page.evaluate(() => visited)
    note(engine, size, 'page to first query', await page.evaluate(() => answeredAt))
    note(engine, size, 'memory', await memoryOf(browser))
    for (const [figure, value] of Object.entries(figures)) note(engine, size, figure, value)
    await page.evaluate(() => ask({ kind: 'close' }))
  } finally {
    await browser.close()
  }
}

await using profile = await newFolder('bench-storage')
try {
  for (const engine of engines) {
    const browser = await openBrowser({ profile: profile.path })
    await browser.page.goto(base)
    for (const size of sizes)
      await browser.page.evaluate(([kind, name, url]) => ask({ kind: 'put', engine: kind, name, url }), [
        engine,
        nameOf(engine, size),
        `/${FILE_OF[engine]}-${size}`,
      ] as const)
    await browser.close()
  }
  for (let round = 0; round < ROUNDS; round++)
    for (const size of sizes) for (const engine of engines) await visit(profile.path, engine, size, round)
  process.exitCode = report(samples) ? 0 : 1
} finally {
  server.close()
}
