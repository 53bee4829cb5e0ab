/** Durable deposits a second with 64 in flight, beside other servers that keep messages for people who are away. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../../support/postgres-server.ts'
import { cpuOf, startChild, type BenchProcess } from './child.ts'
import { depositRequest } from './deposit-request.ts'
import { loadHttp, type Load } from './http-load.ts'
import { startMosquitto, storeByMqtt } from './mosquitto.ts'
import { startProsody, storeByXmpp, type XmppServer } from './prosody.ts'
import { median, quantile, report } from './report.ts'
import { accountOf, SEED_KEY, seedPostgres, seedSqlite } from './seed.ts'

const IN_FLIGHT = 64
const COUNT = 10_000
const ROUNDS = 4
/** Not counted: servers are measured as they run for months, and a relay's engine has compiled what it runs often only after these. */
const FIRST_ROUNDS = 2
const MAILBOXES = 20
export const ROWS = 1_000_000
const ACCOUNTS = 1_000

/** CPU seconds of the relay, and of this process, which makes the load. */
type Round = Load & { readonly cpu: number; readonly loadCpu: number }

/** One round of deposits at a relay; the requests are made beforehand. */
export const depositRound = async (relay: BenchProcess, count = COUNT): Promise<Round> => {
  const requests = Array.from({ length: count }, (_, index) =>
    depositRequest(accountOf(index % MAILBOXES), SEED_KEY, randomBytes(16))
  )
  const before = cpuOf(relay.pid)
  const mine = cpuOf(process.pid)
  const load = await loadHttp(relay.port, {
    count,
    inFlight: IN_FLIGHT,
    make: (index) => requests[index] ?? new Uint8Array(),
  })
  return { ...load, cpu: cpuOf(relay.pid) - before, loadCpu: cpuOf(process.pid) - mine }
}

export const relayEnv = (dataDir: string): Record<string, string> => ({
  PORT: '0',
  HOST: '127.0.0.1',
  DATA_DIR: dataDir,
  WEBRTC_PORT: 'off',
  LOG_LEVEL: 'silent',
})

/** Runs all servers by turns and prints their medians. */
export const benchDeposits = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'mepassa-bench-'))
  await using postgres = await startPostgres({ flushes: true })
  const databaseUrl = await postgres.newDatabase()
  await seedSqlite(join(folder, 'sqlite'), { accounts: ACCOUNTS, rows: ROWS })
  await seedPostgres(databaseUrl, { accounts: ACCOUNTS, rows: ROWS })
  // These gigabytes are on the disk before anything is measured: a flush would wait behind them.
  execFileSync('sync')
  {
    await using sqlite = await startChild('./relay-child.ts', relayEnv(join(folder, 'sqlite')))
    await using overPostgres = await startChild('./relay-child.ts', {
      ...relayEnv(join(folder, 'postgres')),
      DATABASE_URL: databaseUrl,
    })
    await using prosodySqlite = await startProsody('sql')
    await using prosodyFiles = await startProsody('internal')
    await using mosquitto = await startMosquitto()
    const loads = { sqlite: [] as Round[], postgres: [] as Round[] }
    const rates = {
      'prosody-sqlite': [] as number[],
      'prosody-files': [] as number[],
      mosquitto: [] as number[],
    }
    for (let round = 0; round < FIRST_ROUNDS + ROUNDS; round++) {
      const keep = <T>(all: T[], one: T): void => void (round >= FIRST_ROUNDS && all.push(one))
      keep(loads.sqlite, await depositRound(sqlite))
      keep(loads.postgres, await depositRound(overPostgres))
      const xmpp = (server: XmppServer, count: number) => storeByXmpp(server, { count, inFlight: IN_FLIGHT })
      keep(rates['prosody-sqlite'], await xmpp(prosodySqlite, 1_500))
      keep(rates['prosody-files'], await xmpp(prosodyFiles, 5_000))
      keep(rates.mosquitto, await storeByMqtt(mosquitto, { count: COUNT, inFlight: IN_FLIGHT }))
    }
    const middle = (all: readonly Load[]): number => median(all.map(({ rate }) => rate))
    const [ours, overPg] = [middle(loads.sqlite), middle(loads.postgres)]
    const others = Object.fromEntries(Object.entries(rates).map(([name, all]) => [name, median(all)]))
    for (const [name, value] of Object.entries(others))
      report({ figure: 'stored', server: name, unit: 'messages/s', value, inFlight: IN_FLIGHT })
    for (const [name, all] of Object.entries(loads)) {
      const times = all.flatMap((one) => one.times)
      report({
        figure: 'stored',
        server: `mepassa-${name}`,
        unit: 'messages/s',
        value: middle(all),
        rowsBefore: ROWS,
        inFlight: IN_FLIGHT,
        p50: quantile(times, 0.5),
        p99: quantile(times, 0.99),
        relayCpuMicroseconds: (all.reduce((sum, { cpu }) => sum + cpu, 0) / times.length) * 1e6,
        loadCpuMicroseconds: (all.reduce((sum, { loadCpu }) => sum + loadCpu, 0) / times.length) * 1e6,
      })
    }
    const ratio = (figure: string, value: number, limit: number): void =>
      report({ figure, unit: 'times', value, limit, ok: value >= limit })
    ratio('SQLite over prosody with SQLite', ours / (others['prosody-sqlite'] ?? 0), 10)
    ratio('SQLite over prosody with files', ours / (others['prosody-files'] ?? 0), 2)
    ratio('PostgreSQL over SQLite', overPg / ours, 0.5)
  }
  await rm(folder, { recursive: true, force: true })
}
