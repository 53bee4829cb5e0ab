/** Thousands of bodies that are begun and not ended, to every route: what the process takes is bounded, and others are served meanwhile. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { OPERATIONS, type Operation } from '../../../relay-server/http/operations.ts'
import { BODY_LIMITS, RELAY_LIMITS } from '../../../relay-server/limits.ts'
import { toBase64Url } from '../../../src/lib/bytes.ts'
import { KEY_HEADER } from '../../../src/protocol/relay-api.ts'
import { newFolder } from '../../support/profile.ts'
import { startRelayProcess, type RelayProcess } from '../../support/relay-process.ts'
import { until } from '../../support/until.ts'
import { deposit, depositBody, newDevice } from './kit/device.ts'

const MIB = 1024 * 1024
/** More of them than there is room for. */
const LARGE = MIB / 4
const LARGE_DEPOSITS = Math.ceil(RELAY_LIMITS.bodies.total / LARGE) + 50
/** For each route with a body, of each size. */
const OF_EACH = 4
/** What a connection takes by itself. */
const PER_CONNECTION = 48 * 1024
/** Bodies are put together from their pieces at their end; what was put together is garbage for a while. */
const BOUND = 2 * RELAY_LIMITS.bodies.total

const memoryOf = async (relay: RelayProcess, what: 'VmRSS' | 'VmHWM'): Promise<number> => {
  const status = await readFile(`/proc/${relay.pid()}/status`, 'utf8')
  return Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024
}

test('bodies that are not ended, from everywhere and to every route, take the room that is for them', async () => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await newFolder('floods'))
  const env = { TRUST_PROXY: '1', LOG_LEVEL: 'error', WEBRTC_PORT: 'off' }
  const relay = await startRelayProcess({ dataDir: folder.path, env })
  stack.defer(() => relay.kill())
  const ana = await newDevice(relay.url)
  await ana.ready()
  const before = await memoryOf(relay, 'VmRSS')

  const sockets: Socket[] = []
  stack.defer(() => sockets.forEach((socket) => socket.destroy()))
  const answered = new Set<Socket>()
  /** All of a body but its last byte, from a network of its own. */
  const begin = async ({ method, path }: Pick<Operation, 'method' | 'path'>, body: Buffer): Promise<void> => {
    const socket = connect(relay.port, '127.0.0.1')
    const number = sockets.push(socket)
    // Answered, or cut off because it took too long.
    for (const event of ['data', 'close']) socket.once(event, () => answered.add(socket))
    socket.on('error', () => {})
    await once(socket, 'connect')
    const head = [
      `${method.toUpperCase()} ${path.replace(/:\w+/, ana.account)} HTTP/1.1`,
      'host: relay',
      `${KEY_HEADER}: ${toBase64Url(ana.deliveryKey)}`,
      `x-forwarded-for: 100.${number >> 8}.${number & 255}.1`,
      `content-length: ${body.length + 1}`,
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    socket.write(body)
  }

  // To protobuf a field that is not known, again and again: that must not be kept, either.
  const [large, small] = [LARGE, BODY_LIMITS.small].map((size) => Buffer.alloc(size - 1, 'x'))
  if (!large || !small) throw new Error('there are two sizes')
  const depositing = { method: 'post', path: '/v1/mailboxes/:account' } as const
  const routes = OPERATIONS.filter(({ method }) => method !== 'get' && method !== 'head')
  expect(routes).toContainEqual(expect.objectContaining(depositing))
  for (let count = 0; count < OF_EACH; count++)
    for (const route of routes) await Promise.all([begin(route, large), begin(route, small)])
  const zeros = Buffer.alloc(LARGE - 1)
  await Promise.all(Array.from({ length: LARGE_DEPOSITS }, () => begin(depositing, zeros)))

  await until('the room for large bodies is full', async () => {
    const taken = (await memoryOf(relay, 'VmRSS')) - before
    return taken > RELAY_LIMITS.bodies.total / 2 && answered.size > 0
  })
  // Whoever watches, and whoever writes, is served.
  expect((await fetch(`${relay.url}/readyz`)).status).toBe(200)
  expect((await deposit(relay.url, ana.account, ana.deliveryKey, depositBody([{}]))).status).toBe(200)

  // The last byte: each of them is read whole now, and answered.
  for (const socket of sockets) if (!socket.destroyed) socket.write('x')
  await until('all are answered', () => answered.size === sockets.length)
  expect((await memoryOf(relay, 'VmHWM')) - before).toBeLessThan(BOUND + sockets.length * PER_CONNECTION)
  for (const socket of sockets) socket.destroy()
  const body = depositBody([{ body: new Uint8Array(60_000) }])
  const isTaken = async () => (await deposit(relay.url, ana.account, ana.deliveryKey, body)).status === 200
  await until('there is room again', isTaken)
  expect(relay.log()).not.toContain('request-failed')
})
