/** Debian's Caddy with the shipped files in front of real relays, with certificates of its own authority. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { request, type RequestOptions } from 'node:https'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startRelayProcess, type RelayProcess } from '../support/relay-process.ts'
import { until } from '../support/until.ts'
import { atEnd, folder } from './stage.ts'

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

const relayAt = async (publicUrl: string, env: Record<string, string> = {}): Promise<RelayProcess> => {
  const relay = await startRelayProcess({
    dataDir: await folder('relay'),
    publicUrl,
    env: { TRUST_PROXY: '1', ...env },
  })
  atEnd(relay.stop)
  return relay
}

/** Starts Caddy; answers its authority's certificate once it serves `url`. */
const startCaddy = async (file: string, port: number, env: Record<string, string>): Promise<string> => {
  const data = await folder('caddy')
  const options = [
    'local_certs',
    'skip_install_trust',
    'auto_https disable_redirects',
    `https_port ${port}`,
    'admin off',
  ]
  const caddy = spawn('caddy', ['run', '--adapter', 'caddyfile', '--config', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: data,
      XDG_DATA_HOME: data,
      CADDY_OPTIONS: options.join('\n'),
      ...env,
    },
  })
  atEnd(() => endOf(caddy))
  let printed = ''
  caddy.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const root = join(data, 'caddy/pki/authorities/local/root.crt')
  return until('Caddy has made its authority', () => {
    if (caddy.exitCode !== null) throw new Error(printed)
    return readFile(root, 'utf8')
  })
}

const endOf = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

const get = (url: string, ca: string, headers: RequestOptions['headers'] = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(url)
    const options = {
      host: '127.0.0.1',
      servername: hostname,
      port,
      path: pathname,
      ca,
      agent: false as const,
    }
    request({ ...options, headers: { host: `${hostname}:${port}`, ...headers } }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part: string) => (body += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
      .on('error', reject)
      .end()
  })

/** Whether libp2p's WebSocket is taken at this address. */
const upgrades = (url: string, ca: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url)
    const handshake = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    }
    const options = { host: '127.0.0.1', servername: hostname, port, path: '/p2p', ca, agent: false as const }
    request({ ...options, headers: { host: `${hostname}:${port}`, ...handshake } })
      .on('upgrade', (_response, socket) => {
        socket.destroy()
        resolve(true)
      })
      .on('response', () => resolve(false))
      .on('error', () => resolve(false))
      .end()
  })

test('one relay behind the Caddyfile', async () => {
  const port = await freePort()
  const url = `https://chat.localhost:${port}`
  const relay = await relayAt(url)
  const ca = await startCaddy('deploy/Caddyfile', port, { PUBLIC_URL: url, RELAY: `127.0.0.1:${relay.port}` })
  const page = await until('the page comes', async () => {
    const answer = await get(`${url}/`, ca, { accept: 'text/html' })
    return answer.status < 500 ? answer : undefined
  })
  expect(page.headers['strict-transport-security']).toContain('max-age')
  const info = JSON.parse((await get(`${url}/v1/info`, ca)).body) as { name: string; addresses: string[] }
  expect(info.name).toBe(`chat.localhost:${port}`)
  expect(info.addresses[0]).toContain(`/dns4/chat.localhost/tcp/${port}/tls/ws/`)
  expect(await upgrades(url, ca)).toBe(true)
  // Through the proxy nobody is this machine, whatever they say of themselves.
  expect((await get(`${url}/metrics`, ca, { 'x-forwarded-for': '127.0.0.1' })).status).toBe(403)
})

test('a request waits while the relay behind the Caddyfile is started anew', async () => {
  const port = await freePort()
  const url = `https://chat.localhost:${port}`
  const relay = await relayAt(url)
  const ca = await startCaddy('deploy/Caddyfile', port, { PUBLIC_URL: url, RELAY: `127.0.0.1:${relay.port}` })
  await until('it answers', async () => (await get(`${url}/healthz`, ca)).status === 200)
  await relay.stop()
  const waiting = get(`${url}/healthz`, ca)
  await relay.start()
  expect((await waiting).status).toBe(200)
})

test('two relays behind the balancer: requests go on when one ends, and each has a name of its own', async () => {
  const port = await freePort()
  const [url, urlA, urlB] = ['chat', 'a', 'b'].map((name) => `https://${name}.localhost:${port}`) as [
    string,
    string,
    string,
  ]
  const [a, b] = [await relayAt(url, { P2P_URL: urlA }), await relayAt(url, { P2P_URL: urlB })]
  const ca = await startCaddy('deploy/Caddyfile.scale', port, {
    PUBLIC_URL: url,
    P2P_URL_A: urlA,
    P2P_URL_B: urlB,
    RELAY_A: `127.0.0.1:${a.port}`,
    RELAY_B: `127.0.0.1:${b.port}`,
  })
  const p2pName = async (): Promise<string> => {
    const { addresses } = JSON.parse((await get(`${url}/v1/info`, ca)).body) as { addresses: string[] }
    return /dns4\/(\w+)\.localhost/.exec(addresses[0] ?? '')?.[1] ?? ''
  }
  const first = await until('the balancer answers', p2pName)
  expect(await upgrades(first === 'a' ? urlA : urlB, ca)).toBe(true)
  await (first === 'a' ? a : b).stop()
  expect(await p2pName()).toBe(first === 'a' ? 'b' : 'a')
})
