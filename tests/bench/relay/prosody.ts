/** Prosody of Debian's package as a store for people who are away: every message is acknowledged by XEP-0198 once it is kept. */
import { mkdirSync, writeFileSync, chownSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from 'node:net'
import { freePort } from '../../support/free-port.ts'
import { serverFolder, startServer } from '../../support/private-server.ts'
import { openXmpp, PASSWORD, waitFor } from './xmpp.ts'

const USERS = 30
const NOBODY = 65_534
const CONNECTIONS = 8
const RECIPIENTS = 20
const TEXT = 'x'.repeat(1_024)

export interface XmppServer extends AsyncDisposable {
  readonly port: number
}

/** Starts it with users `u0` to `u29`; `storage`: `sql` (its SQLite store) or `internal` (files). */
export const startProsody = async (storage: 'sql' | 'internal'): Promise<XmppServer> => {
  const folder = serverFolder('prosody')
  const accounts = join(folder, 'data', 'localhost', 'accounts')
  mkdirSync(accounts, { recursive: true })
  for (let user = 0; user < USERS; user++)
    writeFileSync(join(accounts, `u${user}.dat`), `return { ["password"] = "${PASSWORD}" };\n`)
  const port = await freePort()
  const config = join(folder, 'prosody.cfg.lua')
  writeFileSync(
    config,
    `modules_enabled = { "saslauth", "smacks", "offline", "posix" }
modules_disabled = { "s2s" }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
storage = { accounts = "internal"; offline = "${storage}" }
sql = { driver = "SQLite3"; database = "prosody.sqlite" }
c2s_ports = { ${port} }
c2s_interfaces = { "127.0.0.1" }
data_path = "${join(folder, 'data')}"
pidfile = "${join(folder, 'prosody.pid')}"
log = { error = "*console" }
daemonize = false
VirtualHost "localhost"
`
  )
  if (process.getuid?.() === 0) {
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      chownSync(join(folder, entry), NOBODY, NOBODY)
  }
  const server = await startServer('prosody', ['--config', config, '-F'], () => listens(port))
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      await server.end('SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/** Sends messages of 1 KiB to people who are away; answers how many a second were acknowledged. */
export const storeByXmpp = async (
  { port }: XmppServer,
  { count, inFlight }: { readonly count: number; readonly inFlight: number }
): Promise<number> => {
  const streams = await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, index) => {
      const stream = await openXmpp(port, `u${RECIPIENTS + index}`)
      stream.send("<enable xmlns='urn:xmpp:sm:3'/>")
      await waitFor(stream, /<enabled/)
      return stream
    })
  )
  const each = Math.floor(count / CONNECTIONS)
  const window = Math.floor(inFlight / CONNECTIONS)
  const began = performance.now()
  await Promise.all(
    streams.map(
      (stream, index) =>
        new Promise<void>((resolve) => {
          let sent = 0
          const more = (acknowledged: number): void => {
            if (acknowledged >= each) return resolve()
            for (; sent < each && sent - acknowledged < window; sent++) {
              const to = (index + sent) % RECIPIENTS
              stream.send(
                `<message to='u${to}@localhost' type='chat' id='m${sent}'><body>${TEXT}</body></message><r xmlns='urn:xmpp:sm:3'/>`
              )
            }
          }
          let rest = ''
          stream.onText((text) => {
            rest += text
            const found = [...rest.matchAll(/<a [^>]*h=['"](\d+)['"]/g)].at(-1)
            if (!found) return
            rest = rest.slice(found.index + found[0].length)
            more(Number(found[1]))
          })
          more(0)
        })
    )
  )
  const seconds = (performance.now() - began) / 1_000
  for (const stream of streams) stream.close()
  return (each * CONNECTIONS) / seconds
}
