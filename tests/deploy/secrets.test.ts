/** Secrets that nobody has to invent: as the containers of coturn and PostgreSQL begin, with Debian's programs and real relays. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import * as v from 'valibot'
import type { IceServer } from '../../src/protocol/ice-servers.ts'
import { TurnAccessSchema } from '../../src/protocol/relay-api.ts'
import { findPostgres } from '../../scripts/lib/servers.ts'
import { newDevice } from '../contract/relay/kit/device.ts'
import { freePort, freeUdpPort } from '../support/free-port.ts'
import { serverFolder } from '../support/private-server.ts'
import { startRelayProcess, type RelayProcess } from '../support/relay-process.ts'
import { answersStun, turnOptions } from '../support/turn-server.ts'
import { until } from '../support/until.ts'
import { atEnd, folder } from './stage.ts'

const run = promisify(execFile)
const relayWith = async (env: Record<string, string>): Promise<RelayProcess> => {
  const relay = await startRelayProcess({ dataDir: await folder('relay'), env })
  atEnd(relay.stop)
  return relay
}

interface Started {
  readonly child: ChildProcess
  printed(): string
  end(): Promise<void>
}
/** What a container runs. Its process becomes the server's. */
const start = (script: string, args: readonly string[], env: Record<string, string>): Started => {
  const child = spawn('sh', [script, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGINT')
    await ended
  }
  atEnd(end)
  return { child, printed: () => printed, end }
}

/** What coturn answers to a device of the relay's, or to somebody with another password. */
const turnAnswers = async (relay: RelayProcess, port: number, password?: string): Promise<string> => {
  const ana = await newDevice(relay.url)
  await ana.ready()
  const { iceServers } = v.parse(TurnAccessSchema, await (await ana.send('GET', '/v1/ice-servers')).json())
  const { username, credential } = iceServers[0] as Extract<IceServer, { username: string }>
  const who = ['-u', username, '-w', password ?? credential]
  const client = spawn('turnutils_uclient', ['-v', '-y', '-n', '1', '-p', String(port), ...who, '127.0.0.1'])
  let printed = ''
  for (const stream of [client.stdout, client.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const ended = once(client, 'exit')
  const answer = /relay addr: (\S+):\d+|Cannot complete Allocation/
  const [all, address] = await until('coturn answers', () => answer.exec(printed))
  client.kill('SIGKILL')
  await ended
  return address ?? all
}
/** What others on the machine see of a process, and its environment. */
const shownOf = async ({ child, printed }: Started): Promise<string> => {
  const files = ['cmdline', 'environ'].map((name) => readFile(`/proc/${child.pid}/${name}`, 'utf8'))
  return [printed(), ...(await Promise.all(files))].join()
}

test('coturn waits for the secret that the relay makes, takes that, and shows it to nobody', async () => {
  const secretFile = join(await folder('turn-secret'), 'turn/secret')
  const port = await freeUdpPort()
  const env = { TURN_SECRET: '', TURN_SECRET_FILE: secretFile, TMPDIR: await folder('turn') }
  const turn = start('deploy/coturn/start.sh', turnOptions(port), env)
  await until('it waits', () => turn.printed().includes('Waiting for'))

  const relay = await relayWith({ TURN_URLS: `turn:127.0.0.1:${port}`, TURN_SECRET_FILE: secretFile })
  await until('coturn answers', () => answersStun(port))
  const secret = (await readFile(secretFile, 'utf8')).trim()
  expect(secret).toMatch(/^[\w-]{32}$/)
  expect((await stat(secretFile)).mode & 0o777).toBe(0o600)
  expect(relay.log()).toContain('turn-secret-made')
  expect(await shownOf(turn)).toContain('turnserver\0')
  for (const text of [relay.log(), await shownOf(turn)]) expect(text).not.toContain(secret)
  expect(await turnAnswers(relay, port)).toBe('127.0.0.1')
  expect(await turnAnswers(relay, port, 'another')).toBe('Cannot complete Allocation')
})

test('a secret that is set is coturn’s, and so is the address outside', async () => {
  const TURN_SECRET = String.raw`a secret \of the = #operator’s \\`
  const port = await freeUdpPort()
  const turn = start('deploy/coturn/start.sh', turnOptions(port), {
    TURN_SECRET,
    TURN_SECRET_FILE: '/nowhere',
    TURN_EXTERNAL_IP: '203.0.113.7',
    TMPDIR: await folder('turn'),
  })
  await until('coturn answers', () => answersStun(port))
  expect(await shownOf(turn)).not.toContain(TURN_SECRET)
  const relay = await relayWith({ TURN_URLS: `turn:127.0.0.1:${port}`, TURN_SECRET })
  expect(relay.log()).not.toContain('turn-secret-made')
  expect(await turnAnswers(relay, port)).toBe('203.0.113.7')
})

/** What the image's own entrypoint does with what it is given: it reads the password as root, and goes on as the database's user. */
const ENTRYPOINT = `#!/bin/sh
set -eu
test "$1" = postgres && shift
as="setpriv --reuid=65534 --regid=65534 --clear-groups"
export POSTGRES_PASSWORD="$(cat "$POSTGRES_PASSWORD_FILE")"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  $as sh -c 'printf "%s\\n" "$POSTGRES_PASSWORD" >"$PGDATA.password"'
  $as "$PROGRAMS/initdb" -D "$PGDATA" -U mepassa -A scram-sha-256 --pwfile="$PGDATA.password" --no-sync
fi
exec $as "$PROGRAMS/postgres" -D "$PGDATA" "$@"
`

test('PostgreSQL makes its password once, and relays find it', async () => {
  const PROGRAMS = findPostgres()
  if (PROGRAMS === null) throw new Error('PostgreSQL is not installed (on Debian: apt install postgresql).')
  const [place, bin] = [serverFolder('postgres'), await folder('bin')]
  atEnd(() => rm(place, { recursive: true, force: true }))
  const PASSWORD_FOLDER = await folder('database-password')
  await writeFile(join(bin, 'docker-entrypoint.sh'), ENTRYPOINT)
  await chmod(join(bin, 'docker-entrypoint.sh'), 0o755)
  const port = await freePort()
  const env = {
    PATH: `${bin}:${process.env['PATH']}`,
    PGDATA: join(place, 'data'),
    PROGRAMS,
    PASSWORD_FOLDER,
  }
  const startDatabase = (): Started =>
    start('deploy/postgres/start.sh', ['-p', String(port), '-h', '127.0.0.1', '-k', place], {
      ...env,
      POSTGRES_PASSWORD: '',
    })
  const listens = (database: Started) => async (): Promise<boolean> => {
    if (database.child.exitCode !== null) throw new Error(database.printed())
    await run('pg_isready', ['-h', '127.0.0.1', '-p', String(port)])
    return true
  }
  let database = startDatabase()
  await until('the database listens', listens(database))
  const file = join(PASSWORD_FOLDER, 'password')
  const password = await readFile(file, 'utf8')
  expect(password).toMatch(/^[0-9a-f]{48}$/)
  const { mode, uid } = await stat(file)
  // The relays' user in their containers.
  expect([mode & 0o777, uid]).toEqual([0o600, 1000])

  const DATABASE_URL = `postgres://mepassa@127.0.0.1:${port}/postgres`
  const relay = await relayWith({ DATABASE_URL, DATABASE_PASSWORD_FILE: file })
  expect((await fetch(`${relay.url}/readyz`)).status).toBe(200)
  const dataDir = await folder('command')
  const backup = (DATABASE_PASSWORD_FILE: string) =>
    run(process.execPath, ['relay-server/main.ts', 'backup', join(dataDir, 'backup')], {
      env: { ...process.env, DATA_DIR: dataDir, DATABASE_URL, DATABASE_PASSWORD_FILE },
    })
  await expect(backup('')).rejects.toThrow('Nothing was done')
  await expect(backup('/nowhere')).rejects.toThrow('/nowhere')
  expect((await backup(file)).stdout).toContain('Done: accounts 0')
  await relay.stop()

  await database.end()
  database = startDatabase()
  await until('the database listens', listens(database))
  expect(await readFile(file, 'utf8')).toBe(password)
  await relay.start()
})
