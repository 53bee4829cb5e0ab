/** What hostile clients send is answered cheaply: at once, without reading it all, and without harm to others. */
import { createHook } from 'node:async_hooks'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { RelayLimits } from '../../../relay-server/limits.ts'
import { toBase64Url } from '../../../src/lib/bytes.ts'
import { KEY_HEADER } from '../../../src/protocol/relay-api.ts'
import { until } from '../../support/until.ts'
import { codeOf, deposit, depositBody, fetchWire, newDevice, type Device } from './kit/device.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

let relay: TestRelay
let ana: Device
const sockets: Socket[] = []

beforeAll(async () => {
  relay = await startTestRelay()
  ana = await newDevice(relay.url)
  await ana.ready()
})
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})
afterAll(() => relay[Symbol.asyncDispose]())

/** A bare connection, and all that came over it. */
const open = async (
  port = relay.relay().port
): Promise<{ socket: Socket; heard: () => string; ended: () => boolean }> => {
  const socket = connect(port, '127.0.0.1')
  sockets.push(socket)
  let heard = ''
  let ended = false
  socket.setEncoding('utf8').on('data', (text) => (heard += String(text)))
  socket.on('close', () => (ended = true)).on('error', () => {})
  await once(socket, 'connect')
  return { socket, heard: () => heard, ended: () => ended }
}
const headTo = (path: string, key: Uint8Array, more: string): string =>
  `POST ${path} HTTP/1.1\r\nhost: relay\r\n${KEY_HEADER}: ${toBase64Url(key)}\r\n${more}\r\n\r\n`
const headOf = (account: string, key: Uint8Array, more: string): string =>
  headTo(`/v1/mailboxes/${account}`, key, more)
const depositHead = (more: string): string => headOf(ana.account, ana.deliveryKey, more)
const works = async (at = relay, to = ana): Promise<boolean> =>
  (await deposit(at.url, to.account, to.deliveryKey, depositBody([{}]))).status === 200

test('slow-loris: heads and bodies that never end hold nobody up, and are cut off', async () => {
  await using hasty = await startTestRelay({ limits: { headTime: 5_000, requestTime: 5_000 } })
  const bia = await newDevice(hasty.url)
  await bia.ready()
  const bodyHead = headOf(bia.account, bia.deliveryKey, 'content-length: 1000')
  const slow = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const one = await open(hasty.relay().port)
      const half = index % 2 === 0
      one.socket.write(half ? 'GET /v1/info HTTP/1.1\r\nhost: re' : bodyHead)
      const drip = setInterval(() => one.socket.write(half ? 'l' : '\0'), 50)
      one.socket.on('close', () => clearInterval(drip))
      return one
    })
  )
  expect(await works(hasty, bia)).toBe(true)
  await until('all are cut off', () => slow.every((one) => one.ended()))
  expect(await works(hasty, bia)).toBe(true)
})

test('a body that is said to be too large is refused before it is sent', async () => {
  const one = await open()
  one.socket.write(depositHead('content-length: 1073741824'))
  await until('it is refused', () => one.heard().includes('HTTP/1.1 413'))
  expect(one.heard()).toContain('"too-large"')
})

test('a large body by a key that opens nothing is refused before it is sent, whether there is such an account or not', async () => {
  const answers: string[] = []
  for (const account of [ana.account, randomUUID()]) {
    const one = await open()
    one.socket.write(headOf(account, randomBytes(32), 'content-length: 1000000'))
    await until('it is refused', () => one.heard().includes('"forbidden"'))
    answers.push(one.heard().replace(/\r\ndate: [^\r]*/i, ''))
  }
  expect(answers[0]).toContain('HTTP/1.1 403')
  expect(answers[1]).toBe(answers[0])
})

describe('bodies that never end take a bounded room', () => {
  const start = async (limits: Partial<RelayLimits['bodies']>) => {
    const plenty = 1_000_000
    const bodies = {
      total: plenty,
      unchecked: plenty,
      perAddress: plenty,
      perNetwork: plenty,
      ...limits,
    }
    const bounded = await startTestRelay({ config: { trustProxy: 1 }, limits: { bodies } })
    const bia = await newDevice(bounded.url)
    await bia.ready()
    /** Begins a deposit from this address, and ends it only if told. */
    const begin = async (address: string, size: number, path = `/v1/mailboxes/${bia.account}`) => {
      const one = await open(bounded.relay().port)
      const more = `content-length: ${size}\r\nx-forwarded-for: ${address}`
      const head = headTo(path, bia.deliveryKey, more)
      one.socket.write(head + '0'.repeat(size / 2))
      return { ...one, finish: () => one.socket.write('0'.repeat(size / 2)) }
    }
    /** The status of a deposit that is sent whole. It is no deposit in form: 400 says that it was read. */
    const whole = async (address: string, size: number, path?: string): Promise<string> => {
      const one = await begin(address, size, path)
      one.finish()
      await until('it is answered', () => one.heard().includes('\r\n\r\n'))
      if (!one.heard().includes(' 400 ')) expect(one.heard()).toMatch(/retry-after: \d/i)
      one.socket.destroy()
      return one.heard().slice(9, 12)
    }
    return { relay: bounded, begin, whole }
  }
  const A = '203.0.113.1'
  const NEAR = '203.0.113.2'
  const FAR = '198.51.100.1'

  test('for each address, and for the network around it', async () => {
    const {
      relay: bounded,
      begin,
      whole,
    } = await start({
      perAddress: 60_000,
      perNetwork: 100_000,
    })
    await using _ = bounded
    const held = await begin(A, 50_000)
    await until('it is under way', async () => (await whole(A, 40_000)) === '429')
    // Small ones are no part of it.
    expect(await whole(A, 16_000)).toBe('400')
    expect(await whole(NEAR, 40_000)).toBe('400')
    expect(await whole(NEAR, 56_000)).toBe('429')
    expect(await whole(FAR, 56_000)).toBe('400')
    held.socket.destroy()
    await until('its room is free again', async () => (await whole(A, 40_000)) === '400')
  })

  test('for small ones of an address, too', async () => {
    const { relay: bounded, begin, whole } = await start({ perAddress: 60_000 })
    await using _ = bounded
    const held = [await begin(A, 16_000), await begin(A, 16_000), await begin(A, 16_000)]
    await until('they are under way', async () => (await whole(A, 16_000)) === '429')
    expect(await whole(A, 50_000)).toBe('400')
    expect(await whole(NEAR, 16_000)).toBe('400')
    for (const { socket } of held) socket.destroy()
  })

  test('for those who show nothing, so that others go on', async () => {
    const { relay: bounded, begin, whole } = await start({ unchecked: 60_000 })
    await using _ = bounded
    const fanOut = '/v1/mailboxes'
    const held = await begin(A, 50_000, fanOut)
    await until('it is under way', async () => (await whole(FAR, 40_000, fanOut)) === '503')
    expect(await whole(FAR, 40_000)).toBe('400')
    expect(await whole(FAR, 2_000, fanOut)).toBe('400')
    held.socket.destroy()
  })

  test('for all together, small ones apart', async () => {
    const { relay: bounded, begin, whole } = await start({ total: 90_000 })
    await using _ = bounded
    const held = await begin(A, 80_000)
    await until('it is under way', async () => (await whole(FAR, 40_000)) === '503')
    expect(await whole(FAR, 2_000)).toBe('400')
    held.finish()
    await until('it is answered, and its room free again', async () => (await whole(FAR, 40_000)) === '400')
  })
})

test('a body without an end is cut off at its bound', async () => {
  const one = await open()
  one.socket.write(depositHead('transfer-encoding: chunked'))
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
  let sent = 0
  const flood = (): void => {
    while (sent < 64 && !one.socket.destroyed) {
      sent++
      if (!one.socket.write(chunk)) return void one.socket.once('drain', flood)
    }
  }
  flood()
  await until('it is refused', () => one.heard().includes('HTTP/1.1 413'))
  expect(await works()).toBe(true)
})

test('a compressed bomb is never opened', async () => {
  let opened = 0
  // The relay runs in this process: all that packs or unpacks is such a resource.
  const watch = createHook({ init: (_, type) => void (opened += Number(type === 'ZLIB')) }).enable()
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 })
  expect(opened).toBe(1)
  expect(bomb.length).toBeLessThan(100_000)
  for (const encoding of ['gzip', 'deflate', 'br']) {
    const response = await fetch(`${relay.url}/v1/mailboxes/${ana.account}`, {
      method: 'POST',
      headers: { [KEY_HEADER]: toBase64Url(ana.deliveryKey), 'content-encoding': encoding },
      body: bomb,
    })
    expect([response.status, await codeOf(response)]).toEqual([400, 'malformed'])
  }
  expect(opened).toBe(1)
  watch.disable()
})

test('heads without measure are refused', async () => {
  const one = await open()
  one.socket.write(`GET /v1/info HTTP/1.1\r\nhost: relay\r\nx-long: ${'a'.repeat(100_000)}\r\n\r\n`)
  await until('it is refused', () => one.heard().includes('HTTP/1.1 431'))
  expect(await works()).toBe(true)
})

test('what is no HTTP is turned away', async () => {
  const one = await open()
  one.socket.write(randomBytes(2_000))
  await until('it is turned away', () => one.ended() || one.heard().includes('HTTP/1.1 400'))
  expect(await works()).toBe(true)
})

test('a signed request is good once', async () => {
  const wire = await ana.signed('GET', '/v1/prekeys')
  const statuses = await Promise.all([fetchWire(wire), fetchWire(wire), fetchWire(wire)])
  expect(statuses.map(({ status }) => status).sort()).toEqual([200, 401, 401])
})

test('a deposit that is sent again is one envelope', async () => {
  const bia = await newDevice(relay.url)
  await bia.ready()
  const body = depositBody([{ id: new Uint8Array(randomBytes(16)) }])
  const again = Array.from({ length: 10 }, () => deposit(relay.url, bia.account, bia.deliveryKey, body))
  for (const response of await Promise.all(again)) expect(response.status).toBe(200)
  expect((await bia.fetchMailbox()).deliveries).toHaveLength(1)
})
