/** The cable of the end-to-end tests tells the truth: what it counts is what flows, and cut means cut. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startCutProxy, type CutProxy } from '../../support/cut-proxy.ts'

let server: Server
let proxy: CutProxy

beforeEach(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => response.end('x'.repeat(10_000)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy = await startCutProxy({ target: (server.address() as AddressInfo).port, record: true })
})

afterEach(async () => {
  await proxy.close()
  server.close()
})

const post = async (body: string): Promise<string> => {
  const headers = { connection: 'close' }
  return (await fetch(`http://127.0.0.1:${proxy.port}/`, { method: 'POST', body, headers })).text()
}

test('counts the bytes of both ways and remembers what was sent', async () => {
  await post('a secret'.repeat(1_000))
  const { toRelay, fromRelay } = proxy.bytes()
  expect(toRelay).toBeGreaterThan(8_000)
  expect(toRelay).toBeLessThan(9_000)
  expect(fromRelay).toBeGreaterThan(10_000)
  expect(fromRelay).toBeLessThan(11_000)
  expect(proxy.recorded().toString()).toContain('a secret')
})

test('when cut, open connections break and new ones fail; restored, all is well', async () => {
  await post('before')
  const held = connect(proxy.port, '127.0.0.1')
  await once(held, 'connect')
  held.write('POST / HTTP/1.1\r\n')
  const broken = once(held, 'error')
  proxy.cut()
  expect(await broken).toMatchObject([{ code: 'ECONNRESET' }])
  await expect(post('during')).rejects.toThrow('fetch failed')
  proxy.restore()
  expect(await post('after')).toHaveLength(10_000)
})
