/**
 * patches/@libp2p+websockets: a connection that libp2p gives up closes its socket. Unpatched, `abort()` asks for close code
 * 1006, for which every WebSocket throws: the connection is forgotten while its socket stays open.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Connection } from '@libp2p/interface'
import type { Libp2p } from 'libp2p'
import { chromium } from 'playwright'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { build } from 'vite'
import { findChromium } from '../../../scripts/lib/find-chromium.ts'
import { CHROMIUM_FLAGS } from '../../support/chromium.ts'
import { until } from '../../support/until.ts'
import { websocketPeer } from './websocket-peer.ts'

const SOON = { timeout: 5_000 }
const lostPing = (): Error => new Error('given up')

let relay: Libp2p

beforeEach(async () => {
  relay = await websocketPeer(['/ip4/127.0.0.1/tcp/0/ws'])
})

afterEach(async () => {
  await relay.stop()
})

/** The next connection that `peer` knows; the two ends of one do not learn of it at the same moment. */
const nextConnection = (peer: Libp2p): Promise<Connection> =>
  new Promise((resolve) =>
    peer.addEventListener('connection:open', ({ detail }) => resolve(detail), { once: true })
  )

const noneLeftAt = (peer: Libp2p): Promise<boolean> =>
  until('the other end sees the socket close', () => peer.getConnections().length === 0, SOON)

it('closes the socket of the side that dialled', async () => {
  const dialler = await websocketPeer()
  const opened = nextConnection(relay)
  const connection = await dialler.dial(relay.getMultiaddrs())
  await opened

  connection.abort(lostPing())

  expect(await noneLeftAt(relay)).toBe(true)
  await dialler.stop()
})

it('closes the socket of the side that listens', async () => {
  const dialler = await websocketPeer()
  const opened = nextConnection(relay)
  await dialler.dial(relay.getMultiaddrs())
  const connection = await opened

  connection.abort(lostPing())

  expect(await noneLeftAt(dialler)).toBe(true)
  await dialler.stop()
})

it('closes the socket of a page', async () => {
  const site = await serve(await pageScript())
  const browser = await chromium.launch({
    args: [...CHROMIUM_FLAGS],
    ...withExecutable(findChromium()),
  })
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)
    const opened = nextConnection(relay)

    // As text: the page's import is the browser's own.
    const address = JSON.stringify(relay.getMultiaddrs().map(String)[0])
    const known = await page.evaluate(
      `import('/script.js').then(({ dialAndAbort }) => dialAndAbort(${address}))`
    )

    await opened
    expect(known).toBe(0)
    expect(await noneLeftAt(relay)).toBe(true)
  } finally {
    await browser.close()
    site.close()
  }
})

const withExecutable = (path: string | null): { executablePath?: string } =>
  path === null ? {} : { executablePath: path }

/** The page's half as one script, with the very libp2p that is installed. */
async function pageScript(): Promise<string> {
  const entry = fileURLToPath(new URL('./abort-in-page.ts', import.meta.url))
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: false, target: 'esnext', lib: { entry, formats: ['es'], fileName: 'script' } },
  })
  const outputs = Array.isArray(built) ? built : [built]
  for (const output of outputs)
    if ('output' in output) for (const chunk of output.output) if (chunk.type === 'chunk') return chunk.code
  throw new Error('Vite built no script for the page')
}

/** An empty page at `/` and `script` at every other path, on a free port of loopback. */
function serve(script: string): Promise<Server> {
  const server = createServer((request, response) => {
    const [type, body] = request.url === '/' ? ['text/html', '<!doctype html>'] : ['text/javascript', script]
    response.setHeader('content-type', type)
    response.end(body)
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}
