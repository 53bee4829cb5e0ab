import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { RELAY_LIMITS } from '../../../relay-server/limits.ts'
import { toBase64Url } from '../../../src/lib/bytes.ts'
import { KEY_HEADER } from '../../../src/protocol/relay-api.ts'
import { until } from '../../support/until.ts'
import { codeOf, deposit, depositBody, newDevice, preKeyUpload, type Device } from './kit/device.ts'
import { infoOf } from './kit/peer.ts'
import { startTestRelay, type TestRelay, type TestRelaySettings } from './kit/relay.ts'

const HOUR = 60 * 60 * 1000
const relays: TestRelay[] = []
afterEach(async () => {
  for (const relay of relays.splice(0)) await relay[Symbol.asyncDispose]()
})
const start = async (settings: TestRelaySettings): Promise<TestRelay> => {
  const relay = await startTestRelay(settings)
  relays.push(relay)
  return relay
}
type Rates = Partial<(typeof RELAY_LIMITS)['rates']>
const withRates = (rates: Rates, config: TestRelaySettings['config'] = {}): Promise<TestRelay> =>
  start({ config, limits: { rates: { ...RELAY_LIMITS.rates, ...rates } } })
const readyAt = async (url: string): Promise<Device> => {
  const device = await newDevice(url)
  await device.ready()
  return device
}

describe('rates', () => {
  test('requests of one address', async () => {
    const relay = await withRates({ requests: { points: 3, per: HOUR } })
    const statuses: number[] = []
    for (let count = 0; count < 4; count++) statuses.push((await fetch(`${relay.url}/v1/info`)).status)
    expect(statuses).toEqual([200, 200, 200, 429])
    const refused = await fetch(`${relay.url}/v1/info`)
    expect(await codeOf(refused)).toBe('rate-limited')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    // Health is asked by the operator's own watchers.
    expect((await fetch(`${relay.url}/healthz`)).status).toBe(200)
  })

  test('requests of a network, however many addresses it has', async () => {
    const requests = { points: 1, per: HOUR }
    const rates = { ...RELAY_LIMITS.rates, requests }
    const relay = await start({ config: { trustProxy: 1 }, limits: { rates, addressesPerNetwork: 2 } })
    const from = async (address: string): Promise<number> =>
      (await fetch(`${relay.url}/v1/info`, { headers: { 'x-forwarded-for': address } })).status
    const answers = async (...addresses: string[]): Promise<number[]> => {
      const statuses: number[] = []
      for (const address of addresses) statuses.push(await from(address))
      return statuses
    }
    expect(await answers('203.0.113.1', '203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.112.3')).toEqual([
      200, 429, 200, 429, 200,
    ])
    expect(await answers('2001:db8:1:1::1', '2001:db8:1:2::1', '2001:db8:1:3::1', '2001:db8:2:3::1')).toEqual(
      [200, 200, 429, 200]
    )
  })

  test('the operator’s page counts as well', async () => {
    const relay = await withRates({ requests: { points: 2, per: HOUR } })
    const statuses: number[] = []
    for (let count = 0; count < 3; count++) statuses.push((await fetch(`${relay.url}/admin`)).status)
    expect(statuses).toEqual([401, 401, 429])
  })

  test('registrations of one address', async () => {
    const relay = await withRates({ registrations: { points: 2, per: HOUR } })
    const ana = await readyAt(relay.url)
    await readyAt(relay.url)
    expect((await (await newDevice(relay.url)).register()).status).toBe(429)
    // Who is known is not one more.
    expect((await ana.register()).status).toBe(200)
  })

  test('deposits by one key, not by its neighbours', async () => {
    const relay = await withRates({ deposits: { points: 2, per: HOUR } })
    const ana = await readyAt(relay.url)
    const give = (key: Uint8Array): Promise<Response> =>
      deposit(relay.url, ana.account, key, depositBody([{}]))
    expect((await give(ana.deliveryKey)).status).toBe(200)
    expect((await give(ana.deliveryKey)).status).toBe(200)
    expect((await give(ana.deliveryKey)).status).toBe(429)
    expect((await give(ana.requestAccessKey)).status).toBe(200)
  })

  test('claims, more of them by contacts than by strangers', async () => {
    const relay = await withRates({
      claims: { points: 2, per: HOUR },
      requestKeyClaims: { points: 1, per: HOUR },
    })
    const ana = await readyAt(relay.url)
    await ana.send('PUT', '/v1/prekeys', preKeyUpload(1, 5))
    const claim = async (key: Uint8Array): Promise<number> => {
      const headers = { [KEY_HEADER]: toBase64Url(key) }
      return (await fetch(`${relay.url}/v1/prekeys/${ana.account}/claim`, { method: 'POST', headers })).status
    }
    expect([await claim(ana.requestAccessKey), await claim(ana.requestAccessKey)]).toEqual([200, 429])
    expect([
      await claim(ana.deliveryKey),
      await claim(ana.deliveryKey),
      await claim(ana.deliveryKey),
    ]).toEqual([200, 200, 429])
    expect(await (await ana.send('GET', '/v1/prekeys')).json()).toEqual({ preKeys: 2, kyberPreKeys: 2 })
  })

  test('a client cannot name itself another address, unless a proxy of the operator’s does', async () => {
    const from = async (relay: TestRelay, address: string): Promise<number> =>
      (await fetch(`${relay.url}/v1/info`, { headers: { 'x-forwarded-for': address } })).status
    const bare = await withRates({ requests: { points: 1, per: HOUR } })
    expect([await from(bare, '203.0.113.1'), await from(bare, '203.0.113.2')]).toEqual([200, 429])
    const proxied = await withRates({ requests: { points: 1, per: HOUR } }, { trustProxy: 1 })
    expect([await from(proxied, '203.0.113.1'), await from(proxied, '203.0.113.2')]).toEqual([200, 200])
    // What the client wrote itself stands further left.
    expect(await from(proxied, '198.51.100.7, 203.0.113.2')).toBe(429)
  })

  test('WebSocket upgrades and open sockets of one address, and of the network around it', async () => {
    const open = (relay: TestRelay, address = '203.0.113.1'): Promise<Duplex | null> =>
      new Promise((resolve) => {
        const headers = {
          connection: 'upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': randomBytes(16).toString('base64'),
          'x-forwarded-for': address,
        }
        const asked = request(`${relay.url}/p2p`, { headers })
        asked.on('upgrade', (_response, socket) => resolve(socket))
        asked.on('response', (response) => resolve(response.resume() && null)).end()
      })
    const rated = await withRates({ upgrades: { points: 1, per: HOUR } })
    const [first, second] = [await open(rated), await open(rated)]
    expect([first !== null, second !== null]).toEqual([true, false])
    const counted = await start({ limits: { socketsPerAddress: 1 } })
    const [third, fourth] = [await open(counted), await open(counted)]
    expect([third !== null, fourth !== null]).toEqual([true, false])
    third?.destroy()
    await until('there is room again', async () => (await open(counted)) !== null)
    first?.destroy()
    const around = await start({
      config: { trustProxy: 1 },
      limits: { socketsPerAddress: 1, addressesPerNetwork: 2 },
    })
    const addresses = ['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.112.3']
    const opened: (Duplex | null)[] = []
    for (const address of addresses) opened.push(await open(around, address))
    expect(opened.map((socket) => socket !== null)).toEqual([true, true, false, true])
    opened[0]?.destroy()
    await until('there is room around it again', async () => (await open(around, '203.0.113.3')) !== null)
  })
})

describe('connections', () => {
  const refused = (socket: Socket): Promise<boolean> =>
    Promise.race([once(socket, 'close').then(() => true), once(socket, 'data').then(() => false)])
  /** A connection over which one request went; null if it was closed instead. */
  const open = async (relay: TestRelay): Promise<Socket | null> => {
    const { hostname, port } = new URL(relay.url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    socket.write('GET /healthz HTTP/1.1\r\nhost: relay\r\n\r\n')
    return (await refused(socket)) ? null : socket
  }

  test.each([
    ['of one address', 0, { most: 100, perAddress: 2 }],
    ['in all, where a proxy stands in front', 1, { most: 2, perAddress: 1 }],
  ])('have an end: %s', async (_name, trustProxy, connections) => {
    const relay = await start({ config: { trustProxy }, limits: { connections } })
    const sockets = [await open(relay), await open(relay), await open(relay)]
    expect(sockets.map((socket) => socket !== null)).toEqual([true, true, false])
    sockets[0]?.destroy()
    const another = await until('there is room again', () => open(relay))
    for (const socket of [another, sockets[1]]) socket?.destroy()
  })
})

describe('a relay with a public address', () => {
  test('announces it, and takes signatures for it alone', async () => {
    const relay = await start({ config: { publicUrl: new URL('https://relay.example:8443') } })
    const { peerId, addresses, name } = await infoOf(relay.url)
    expect(addresses).toEqual([`/dns4/relay.example/tcp/8443/tls/ws/p2p/${peerId}`])
    expect(name).toBe('relay.example:8443')
    const ana = await newDevice(relay.url)
    expect((await ana.register()).status).toBe(401)
    // As a proxy passes it on: signed for the public name, sent to the relay's own.
    const outside = await newDevice('https://relay.example:8443')
    const wire = await outside.signed('POST', '/v1/devices', {
      accountId: outside.account,
      deviceId: 1,
      requestKey: toBase64Url(outside.requestKey.publicKey),
      publishKey: toBase64Url(outside.publishKey.publicKey),
    })
    const response = await fetch(`${relay.url}/v1/devices`, {
      method: 'POST',
      headers: wire.headers,
      body: new Uint8Array(wire.body ?? []),
    })
    expect(response.status).toBe(201)
    expect(response.headers.get('strict-transport-security')).toContain('max-age=')
  })
})

test('an account that asks too often is told so, and keeps no other out', async () => {
  const relay = await start({ limits: { noncesPerAccount: 2 } })
  const [ana, bia] = [await readyAt(relay.url), await readyAt(relay.url)]
  expect((await ana.send('GET', '/v1/prekeys')).status).toBe(200)
  const refused = await ana.send('GET', '/v1/prekeys')
  expect([refused.status, await codeOf(refused)]).toEqual([429, 'rate-limited'])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await bia.send('GET', '/v1/prekeys')).status).toBe(200)
})

test('who signs in the name of an account with keys of their own takes nothing of its share', async () => {
  const relay = await start({ limits: { noncesPerAccount: 3 } })
  const ana = await readyAt(relay.url)
  const copy = await newDevice(relay.url, 1, Date.now, ana.account)
  const further = await newDevice(relay.url, 2, Date.now, ana.account)
  const body = {
    accountId: further.account,
    deviceId: further.device,
    requestKey: toBase64Url(further.requestKey.publicKey),
    publishKey: toBase64Url(ana.publishKey.publicKey),
  }
  const register = () => further.send('POST', '/v1/devices', body)
  for (const attempt of [copy.register, copy.register, further.register, register, register]) {
    const refused = await attempt()
    expect([refused.status, await codeOf(refused)]).toEqual([403, 'forbidden'])
  }
  // Not even one who is not known signs without end.
  expect((await register()).status).toBe(429)
  for (const status of [200, 200, 429]) expect((await ana.send('GET', '/v1/prekeys')).status).toBe(status)
})

test('a nonce memory that is full refuses rather than forgets', async () => {
  const relay = await start({ limits: { nonces: 3 } })
  const ana = await readyAt(relay.url)
  expect((await ana.send('GET', '/v1/prekeys')).status).toBe(200)
  const refused = await ana.send('GET', '/v1/prekeys')
  expect([refused.status, await codeOf(refused)]).toEqual([503, 'unavailable'])
  relay.clock.advance(121_000)
  const wire = await ana.signed('GET', '/v1/prekeys', undefined, relay.clock.now())
  expect((await fetch(wire.url, { headers: wire.headers })).status).toBe(200)
})
