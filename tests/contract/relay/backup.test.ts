/** Backup while the relay runs, restore elsewhere, and moving to PostgreSQL: as commands, with data of every kind. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, readFile, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RELAY_LIMITS } from '../../../relay-server/limits.ts'
import { openSqliteStore } from '../../../relay-server/store/sqlite-store.ts'
import { toBase64Url, toHex, utf8 } from '../../../src/lib/bytes.ts'
import { KEY_HEADER } from '../../../src/protocol/relay-api.ts'
import { sha256 } from '../../../src/protocol/sha256.ts'
import { freePort } from '../../support/free-port.ts'
import { startPostgres, type PostgresServer } from '../../support/postgres-server.ts'
import { newFolder, type Folder } from '../../support/profile.ts'
import { dumpRelay } from '../../support/relay-store.ts'
import { startRelayProcess, type RelayProcess } from '../../support/relay-process.ts'
import { deposit, depositBody, fetchWire, newDevice, preKeyUpload, type Device } from './kit/device.ts'
import { bytesOf, fetchBlob, newBlob, newUploader, PIECE } from './kit/uploader.ts'

const run = promisify(execFile)
const MAILS = 250
const HOUR = 60 * 60 * 1000

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
  const env = { TURN_URLS: 'turn:turn.example.org' }
  relay = await startRelayProcess({ dataDir: join(root.path, 'first'), env })
  publicUrl = relay.url
  ana = await newDevice(publicUrl)
  await fill()
}, 90_000)
afterAll(async () => {
  await relay.stop()
  await postgres[Symbol.asyncDispose]()
  await root[Symbol.asyncDispose]()
})

/** Something in every table: by the API, and by the store what would take push services, codes or a whole group. */
const fill = async (): Promise<void> => {
  const [bia, caio] = [await newDevice(publicUrl), await newDevice(publicUrl)]
  for (const device of [ana, bia, caio]) await device.ready()
  const statuses = [
    (await ana.send('PUT', '/v1/prekeys', preKeyUpload(10, 40))).status,
    (await ana.send('PUT', '/v1/endpoint', utf8('sealed'))).status,
    (await ana.send('PUT', `/v1/lists/${ana.locator}`, await ana.record(3))).status,
  ]
  expect(statuses).toEqual([200, 204, 204])
  await (await newUploader(publicUrl, ana)).upload(attachment)
  for (let n = 0; n < MAILS; n++) expect((await leave(relay, n)).status).toBe(200)
  await relay.stop()
  await fillStore(bia, caio)
  await relay.start()
}

const fillStore = async ({ account, device, deliveryKey }: Device, leaver: Device): Promise<void> => {
  const store = await openSqliteStore(join(root.path, 'first'), RELAY_LIMITS)
  const now = Date.now()
  const [hash, expiresAt] = [random(32), now + HOUR]
  const entry = { device, id: random(16), body: utf8('own part') }
  const keyHash = sha256(deliveryKey)
  await store.mailbox.deposit([{ account, keyHash, listRevision: 0, entries: [entry] }], {
    now,
    expiresAt,
    tail: utf8('shared part'),
  })
  const endpoint = 'https://push.example.org/1'
  const keys = { p256dh: random(65), auth: random(16), vapidPublic: random(65), vapidPrivate: random(32) }
  await store.push.put(account, device, { endpoint, ...keys, token: random(32) })
  await store.push.end(account, device, endpoint)
  await store.invites.add({ hash, label: 'family', usesLeft: 2, createdAt: now, expiresAt: null })
  await store.nonces.use('bia', 'nonce', expiresAt)
  await store.devices.remove(leaver.account, leaver.device)
  await store.close()
}

const random = (size: number): Uint8Array => new Uint8Array(randomBytes(size))

/** The rows of every table of the relay's, without the numbers that a move counts anew. */
const rowsOf = (folder: string): Readonly<Record<string, readonly unknown[]>> =>
  Object.fromEntries(
    Object.entries(dumpRelay(folder))
      .filter(([table]) => !/^(?:kysely|sqlite)_/.test(table))
      .map(([table, rows]) => [
        table,
        rows
          .map(({ seq: _seq, ...row }) => row)
          .map(textOf)
          .sort(),
      ])
  )
const textOf = (row: object): string =>
  JSON.stringify(row, (_name, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value))

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

test('a backup of a running relay, restored elsewhere, is the same relay', { timeout: 120_000 }, async () => {
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
      // A relay takes so many from one address in a minute.
      await pause(10)
    }
    return count
  })()
  const { stdout } = await command({ DATA_DIR: first }, 'backup', kept)
  making = false
  expect(await more).toBeGreaterThan(0)
  expect(stdout).toContain('accounts 3, devices 2')
  for (const file of ['relay.sqlite', 'relay-keys.json', 'admin-token', 'turn-secret', 'backup.json'])
    expect((await stat(join(kept, file))).mode & 0o777).toBe(0o600)
  await expect(command({ DATA_DIR: first }, 'backup', kept)).rejects.toThrow('is there already')

  await command({ DATA_DIR: second }, 'restore', kept)
  await expect(command({ DATA_DIR: second }, 'restore', kept)).rejects.toThrow('is there already')
  for (const file of ['relay-keys.json', 'admin-token', 'turn-secret'])
    expect(await readFile(join(second, file))).toEqual(await readFile(join(first, file)))
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

test('no command touches the data of a relay that runs, wherever that listens; one that was killed is in nobody’s way', async () => {
  const first = join(root.path, 'first')
  const DATABASE_URL = await postgres.newDatabase()
  for (const args of [['move-to-postgres'], ['restore', join(root.path, 'kept')]])
    await expect(command({ DATA_DIR: first, DATABASE_URL }, ...args)).rejects.toThrow('stop it first')
  // Nor does a second relay.
  await expect(command({ DATA_DIR: first })).rejects.toThrow('stop it first')
  await relay.kill()
  await relay.start()
  expect((await leave(relay, MAILS)).status).toBe(200)
})

test('a backup changes nothing of a database of another version, and is not made of it', async () => {
  const older = await newFolder('older')
  await cp(join(root.path, 'kept'), older.path, { recursive: true })
  const db = new DatabaseSync(join(older.path, 'relay.sqlite'))
  const versions = () => db.prepare('select name from kysely_migration').all()
  const refusal = async (): Promise<unknown> => {
    const before = versions()
    const made = command({ DATA_DIR: older.path }, 'backup', join(older.path, 'backup'))
    const answer = await made.then(() => 'made', String)
    expect(versions()).toEqual(before)
    return answer
  }
  db.exec('delete from kysely_migration where name = (select max(name) from kysely_migration)')
  expect(await refusal()).toContain(
    'of an older version: make a backup with the version of the relay that made it'
  )
  db.exec("insert into kysely_migration values ('9999-future', '')")
  expect(await refusal()).toContain('of another version')
  db.close()
  await older[Symbol.asyncDispose]()
})

test(
  'from SQLite to PostgreSQL and back by backup, with something in every table',
  { timeout: 180_000 },
  async () => {
    const first = join(root.path, 'first')
    const DATABASE_URL = await postgres.newDatabase()
    await relay.stop()
    const before = rowsOf(first)
    for (const [table, rows] of Object.entries(before)) expect(rows, table).not.toEqual([])
    await expect(command({ DATA_DIR: first }, 'move-to-postgres')).rejects.toThrow('DATABASE_URL')
    await command({ DATA_DIR: first, DATABASE_URL }, 'move-to-postgres')
    expect(existsSync(join(first, 'relay.sqlite'))).toBe(false)

    const onServer = await startRelayProcess({ dataDir: first, publicUrl, env: { DATABASE_URL } })
    const kept = join(root.path, 'from-postgres')
    await command({ DATA_DIR: first, DATABASE_URL }, 'backup', kept)
    expect(rowsOf(kept)).toEqual(before)
    await expectSame(onServer)
    await onServer.stop()
    const other = join(root.path, 'fourth')
    await expect(command({ DATA_DIR: other, DATABASE_URL }, 'restore', kept)).rejects.toThrow(
      'already holds data'
    )
    await command({ DATA_DIR: other }, 'restore', kept)
    const back = await startRelayProcess({ dataDir: other, publicUrl })
    await expectSame(back)
    await back.stop()
  }
)

/** All mail in its order, keys, prekeys, list, endpoint and attachment are there, and new mail comes after the old. */
const expectSame = async (at: RelayProcess): Promise<void> => {
  const page = Buffer.from(await (await ask(at, '/v1/mailbox')).arrayBuffer()).toString('latin1')
  const found = [...page.matchAll(/mail (\d+)\./g)].map(([, n]) => Number(n))
  // What came while the backup was made may follow.
  expect(found.slice(0, MAILS)).toEqual(Array.from({ length: MAILS }, (_, n) => n))
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
