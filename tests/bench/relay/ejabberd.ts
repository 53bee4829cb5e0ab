/** ejabberd of Debian's package, with its own database, as a store for people who are away. */
import { writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../support/free-port.ts'
import { serverFolder, startServer } from '../../support/private-server.ts'
import { listens, type XmppServer } from './prosody.ts'
import { connectXmpp, openXmpp, PASSWORD, waitFor } from './xmpp.ts'

const TEXT = 'x'.repeat(1_024)
const [SENDER, AWAY] = ['sender', 'away'] as const
/** Where Debian keeps its Erlang code. */
const LIBRARIES = '/usr/lib/x86_64-linux-gnu'

/** Starts it and registers two users. */
export const startEjabberd = async (): Promise<XmppServer> => {
  const folder = serverFolder('ejabberd')
  const port = await freePort()
  const config = join(folder, 'ejabberd.yml')
  writeFileSync(
    config,
    `hosts: [localhost]
loglevel: error
auth_method: internal
listen:
  - port: ${port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    max_stanza_size: 262144
acl:
  loopback:
    ip: [127.0.0.0/8]
access_rules:
  register: {allow: all}
registration_timeout: infinity
modules:
  mod_offline: {access_max_user_messages: 100000}
  mod_register: {ip_access: all, access: register}
`
  )
  const settings = [
    `application:set_env(mnesia, dir, "${join(folder, 'mnesia')}")`,
    `application:set_env(ejabberd, config, "${config}")`,
    `application:set_env(ejabberd, log_path, "${join(folder, 'ejabberd.log')}")`,
    '{ok, _} = application:ensure_all_started(ejabberd)',
  ]
  const args = [
    `HOME=${folder}`,
    `ERL_LIBS=${LIBRARIES}`,
    'erl',
    '-noinput',
    '-eval',
    `${settings.join(', ')}.`,
  ]
  const server = await startServer('env', args, () => listens(port))
  const end = async (): Promise<void> => {
    await server.end('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
  for (const user of [SENDER, AWAY]) await register(port, user)
  return { port, [Symbol.asyncDispose]: end }
}

const register = async (port: number, user: string): Promise<void> => {
  const stream = await connectXmpp(port)
  stream.send(
    `<iq type='set' id='new'><query xmlns='jabber:iq:register'><username>${user}</username><password>${PASSWORD}</password></query></iq>`
  )
  const heard = await waitFor(stream, /<iq[^>]*id=['"]new['"]/)
  stream.close()
  if (!/type=['"]result['"]/.test(heard)) throw new Error(`ejabberd registers nobody: ${heard.slice(0, 300)}`)
}

/** Sends so many messages of 1 KiB to somebody who is away, and waits until the server has handled them all. */
export const fillByXmpp = async ({ port }: XmppServer, count: number): Promise<void> => {
  const stream = await openXmpp(port, SENDER)
  for (let index = 0; index < count; index++)
    stream.send(`<message to='${AWAY}@localhost' type='chat' id='m${index}'><body>${TEXT}</body></message>`)
  // Stanzas of one stream are handled in order.
  stream.send(
    "<iq type='get' id='after' to='localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
  )
  await waitFor(stream, /id=['"]after['"]/)
  stream.close()
}

/** Milliseconds from connecting to the last message. */
export const drainByXmpp = async ({ port }: XmppServer, count: number): Promise<number> => {
  const began = performance.now()
  const stream = await openXmpp(port, AWAY)
  await new Promise<void>((resolve) => {
    let [rest, seen] = ['', 0]
    stream.onText((text) => {
      rest += text
      for (let end = rest.indexOf('</message>'); end >= 0; end = rest.indexOf('</message>')) {
        rest = rest.slice(end + '</message>'.length)
        seen++
      }
      if (seen >= count) resolve()
    })
    stream.send('<presence/>')
  })
  const time = performance.now() - began
  stream.close()
  return time
}
