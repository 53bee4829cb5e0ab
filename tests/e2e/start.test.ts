/** `npm start`, as a person runs it: everything from one command and one address, and plain words when that fails. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort, freeUdpPort } from '../support/free-port.ts'
import { newFolder } from '../support/profile.ts'
import { until } from '../support/until.ts'

interface Started {
  readonly ended: Promise<number>
  printed(): string
  kill(): void
}

function start(env: Record<string, string>): Started {
  const child = spawn(process.execPath, ['scripts/bootstrap.mjs', 'start'], {
    env: { ...process.env, ...env },
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (text += part))
  return {
    ended: once(child, 'close').then(([code]) => code as number),
    printed: () => text,
    kill: () => void child.kill('SIGTERM'),
  }
}

test('one command serves the page, its service worker, the API and the health of the relay, and makes its keys', async () => {
  await using folder = await newFolder('start')
  const data = join(folder.path, 'data')
  const port = String(await freePort())
  const started = start({
    PORT: port,
    DATA_DIR: data,
    WEBRTC_PORT: String(await freeUdpPort()),
    PUBLIC_URL: '',
  })
  await until(
    'it says where it is',
    () => started.printed().includes(`MePassa is running at http://localhost:${port}`),
    {
      timeout: 120_000,
    }
  )
  expect(started.printed()).toContain('Other devices need HTTPS')

  const get = (path: string): Promise<Response> => fetch(`http://localhost:${port}${path}`)
  const page = await get('/')
  expect(page.headers.get('content-type')).toContain('text/html')
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
  expect(await page.text()).toContain('MePassa')
  const worker = await get('/sw.js')
  expect(worker.headers.get('content-type')).toContain('javascript')
  expect(worker.headers.get('cache-control')).toContain('no-cache')
  expect(await (await get('/manifest.webmanifest')).json()).toMatchObject({
    name: 'MePassa',
    display: 'standalone',
  })
  expect(await (await get('/v1/info')).json()).toMatchObject({ peerId: expect.any(String) as string })
  expect((await get('/healthz')).status).toBe(200)
  expect(await readdir(data)).not.toEqual([])

  started.kill()
  expect(await started.ended).toBe(0)
})

test('a port that is taken is named, with the way out', async () => {
  const other = createServer().listen(0)
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const started = start({ PORT: String(port) })
  expect(await started.ended).toBe(1)
  expect(started.printed()).toContain(`Port ${port} is in use by another program.`)
  other.close()
})
