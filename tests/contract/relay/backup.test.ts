/** Backup while the relay runs, restore elsewhere, and moving to PostgreSQL: as commands, with data of every kind. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toBase64Url, utf8 } from '../../../src/lib/bytes.ts'
import { KEY_HEADER } from '../../../src/protocol/relay-api.ts'
import { freePort } from '../../support/free-port.ts'
import { startPostgres, type PostgresServer } from '../../support/postgres-server.ts'
import { newFolder, type Folder } from '../../support/profile.ts'
import { startRelayProcess, type RelayProcess } from '../../support/relay-process.ts'
import { deposit, depositBody, fetchWire, newDevice, preKeyUpload, type Device } from './kit/device.ts'
import { bytesOf, fetchBlob, newBlob, newUploader, PIECE } from './kit/uploader.ts'

const run = promisify(execFile)
const MAILS = 250

let postgres: PostgresServer
let root: Folder
let relay: RelayProcess
/** The address for which ana signs, wherever her requests are sent. */
let publicUrl: string
let ana: Device
const attachment = newBlob(2 * PIECE)
/** The port of a command, where no relay runs. */
let idle: number

beforeAll(async () => {
  postgres = await startPostgres()
  root = await newFolder('backup')
  idle = await freePort()
  relay = await startRelayProcess({ dataDir: join(root.path, 'first') })
  publicUrl = relay.url
  ana = await newDevice(publicUrl)
  await fill()
}, 90_000)
afterAll(async () => {
  await relay.stop()
  await postgres[Symbol.asyncDispose]()
  await root[Symbol.asyncDispose]()
})

/** Something in every table. */
const fill = async (): Promise<void> => {
  await ana.ready()
  const statuses = [
    (await ana.send('PUT', '/v1/prekeys', preKeyUpload(10, 40))).status,
    (await ana.send('PUT', '/v1/endpoint', utf8('sealed'))).status,
    (await ana.send('PUT', `/v1/lists/${ana.locator}`, await ana.record(3))).status,
  ]
  expect(statuses).toEqual([200, 204, 204])
  await (await newUploader(publicUrl, ana)).upload(attachment)
  for (let n = 0; n < MAILS; n++) expect((await leave(relay, n)).status).toBe(200)
}

const leave = (at: RelayProcess, n: number): Promise<Response> => {
  const body = depositBody([{ body: utf8(`mail ${n}.`) }], { listRevision: 3 })
  return deposit(`http://localhost:${at.port}`, ana.account, ana.deliveryKey, body)
}
const ask = async (at: RelayProcess, path: string): Promise<Response> => {
  const wire = await ana.signed('GET', path)
  return fetchWire({ ...wire, url: `http://localhost:${at.port}${path}` })
}

const command = (env: Record<string, string>, ...args: string[]): Promise<{ stdout: string }> =>
  run(process.execPath, ['relay-server/main.ts', ...args], {
    env: { ...process.env, PORT: String(idle), ...env },
  })

test('a backup of a running relay, restored elsewhere, is the same relay', { timeout: 60_000 }, async () => {
  const [first, second, kept] = ['first', 'second', 'kept'].map((name) => join(root.path, name)) as [
    string,
    string,
    string,
  ]
  // Mail goes on coming while it is made.
  let making = true
  const more = (async () => {
    let count = 0
    while (making) {
      expect((await leave(relay, MAILS + count)).status).toBe(200)
      count++
    }
    return count
  })()
  const { stdout } = await command({ DATA_DIR: first }, 'backup', kept)
  making = false
  expect(await more).toBeGreaterThan(0)
  expect(stdout).toContain('accounts 1, devices 1')
  for (const file of ['relay.sqlite', 'relay-keys.json', 'backup.json'])
    expect((await stat(join(kept, file))).mode & 0o777).toBe(0o600)
  await expect(command({ DATA_DIR: first }, 'backup', kept)).rejects.toThrow('is there already')

  await command({ DATA_DIR: second }, 'restore', kept)
  await expect(command({ DATA_DIR: second }, 'restore', kept)).rejects.toThrow('is there already')
  expect(await readFile(join(second, 'relay-keys.json'))).toEqual(
    await readFile(join(first, 'relay-keys.json'))
  )
  const moved = await startRelayProcess({ dataDir: second, publicUrl })
  await expectSame(moved)
  await moved.stop()
})

test('a broken or unfinished backup is refused, and leaves nothing behind', async () => {
  const [broken, target] = [join(root.path, 'broken'), join(root.path, 'third')]
  await command({ DATA_DIR: join(root.path, 'first') }, 'backup', broken)
  await truncate(join(broken, 'relay.sqlite'), 8192)
  await expect(command({ DATA_DIR: target }, 'restore', broken)).rejects.toThrow('Nothing was done')
  await rm(join(broken, 'backup.json'))
  await expect(command({ DATA_DIR: target }, 'restore', broken)).rejects.toThrow('backup.json')
  for (const file of ['relay.sqlite', 'relay.sqlite.restoring', 'relay-keys.json'])
    expect(existsSync(join(target, file))).toBe(false)
})

test('from SQLite to PostgreSQL and back by backup', { timeout: 90_000 }, async () => {
  const first = join(root.path, 'first')
  const DATABASE_URL = await postgres.newDatabase()
  await expect(
    command({ DATA_DIR: first, PORT: String(relay.port), DATABASE_URL }, 'move-to-postgres')
  ).rejects.toThrow('stop it first')
  await relay.stop()
  await expect(command({ DATA_DIR: first }, 'move-to-postgres')).rejects.toThrow('DATABASE_URL')
  await command({ DATA_DIR: first, DATABASE_URL }, 'move-to-postgres')
  expect(existsSync(join(first, 'relay.sqlite'))).toBe(false)
  const onServer = await startRelayProcess({ dataDir: first, publicUrl, env: { DATABASE_URL } })
  await expectSame(onServer)

  const kept = join(root.path, 'from-postgres')
  await command({ DATA_DIR: first, DATABASE_URL }, 'backup', kept)
  await onServer.stop()
  const other = join(root.path, 'fourth')
  await expect(command({ DATA_DIR: other, DATABASE_URL }, 'restore', kept)).rejects.toThrow(
    'already holds data'
  )
  await command({ DATA_DIR: other }, 'restore', kept)
  const back = await startRelayProcess({ dataDir: other, publicUrl })
  await expectSame(back)
  await back.stop()
})

/** All mail in its order, keys, prekeys, list, endpoint and attachment are there, and new mail comes after the old. */
const expectSame = async (at: RelayProcess): Promise<void> => {
  const page = Buffer.from(await (await ask(at, '/v1/mailbox')).arrayBuffer()).toString('latin1')
  const found = [...page.matchAll(/mail (\d+)\./g)].map(([, n]) => Number(n))
  // One page holds 200.
  expect(found).toEqual(Array.from({ length: 200 }, (_, n) => n))
  expect(await (await ask(at, '/v1/prekeys')).json()).toEqual({ preKeys: 40, kyberPreKeys: 40 })
  const url = `http://localhost:${at.port}`
  expect((await fetch(`${url}/v1/lists/${ana.locator}`)).status).toBe(200)
  const endpoints = await fetch(`${url}/v1/endpoints/${ana.account}`, {
    headers: { [KEY_HEADER]: toBase64Url(ana.deliveryKey) },
  })
  expect(await endpoints.json()).toEqual({ devices: [{ deviceId: 1, sealed: toBase64Url(utf8('sealed')) }] })
  const fetched = await bytesOf(await fetchBlob(url, attachment.id))
  expect(Buffer.compare(fetched, attachment.bytes)).toBe(0)
  expect((await leave(at, 9999)).status).toBe(200)
}
