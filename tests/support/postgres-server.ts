/** A private PostgreSQL of Debian's package, on a free port of loopback, in a temporary folder. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { findPostgres } from '../../scripts/lib/servers.ts'
import { freePort } from './free-port.ts'
import { runUnprivileged, serverFolder, startServer } from './private-server.ts'

export interface PostgresServer extends AsyncDisposable {
  /** Makes an empty database; answers its address. */
  newDatabase(): Promise<string>
  /** Ends all connections and stops, as a restart of the service does. */
  stop(): Promise<void>
  /** Ends all its processes at once, without a checkpoint; it recovers when it starts. */
  kill(): Promise<void>
  start(): Promise<void>
  pid(): number
}

export interface PostgresOptions {
  /**
   * Whether it flushes to the disk, as one in service does. Without, it loses nothing by the end of its processes, which is all that
   * tests can bring about; and it need not flush every file of its folder before it recovers, which takes long on a busy disk.
   */
  readonly flushes?: boolean
}

/** Makes a cluster and starts it. */
export const startPostgres = async ({ flushes = false }: PostgresOptions = {}): Promise<PostgresServer> => {
  const programs = findPostgres()
  if (programs === null) throw new Error('PostgreSQL is not installed (on Debian: apt install postgresql).')
  const folder = serverFolder('postgres')
  const data = join(folder, 'data')
  const init = ['-D', data, '-U', 'relay', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  runUnprivileged(join(programs, 'initdb'), init)
  const port = await freePort()
  const addressOf = (database: string): string => `postgres://relay@127.0.0.1:${port}/${database}`
  const ask = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: addressOf('postgres') })
    client.on('error', () => {})
    await client.connect()
    await client.query(sql).finally(() => client.end())
  }
  const flushing = flushes ? [] : ['-c', 'fsync=off']
  const server = await startServer(
    join(programs, 'postgres'),
    ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, ...flushing],
    () =>
      ask('select 1').then(
        () => true,
        () => false
      )
  )
  let count = 0
  return {
    newDatabase: async () => {
      const name = `relay_${++count}`
      await ask(`create database ${name}`)
      return addressOf(name)
    },
    stop: () => server.end('SIGINT'),
    // SIGQUIT to the first process ends all of them at once, without a checkpoint.
    kill: () => server.end('SIGQUIT'),
    start: server.start,
    pid: server.pid,
    [Symbol.asyncDispose]: async () => {
      await server.end('SIGQUIT')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
