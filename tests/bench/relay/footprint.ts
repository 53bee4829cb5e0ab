/** Memory of a relay: with nothing to do, over that of a bare libp2p relay; and with 10,000 devices and up to a million messages at work. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { bundleRelay } from '../../../vite/relay-bundle.ts'
import { residentOf, startChild } from './child.ts'
import { depositRound, relayEnv } from './deposits.ts'
import { quantile, report } from './report.ts'
import { seedSqlite } from './seed.ts'

const MIB = 1024 * 1024
const DEVICES = 10_000
const ROWS = [10_000, 100_000, 1_000_000]
const DEPOSITS = 5_000

/** Seconds of nothing to do after which V8 has given back what starting took. */
const STANDING_BY = 180

/** Both relays alike: bundled, as `npm start` and the container run ours. It lies where native code is found. */
const BUNDLE = resolve('node_modules/.cache/mepassa/bench-relay')
const PROGRAMS = { ours: 'tests/bench/relay/relay-child.ts', bare: 'tests/bench/relay/bare-relay-child.ts' }
const OURS = join(BUNDLE, 'ours.js')

const idle = async (folder: string): Promise<void> => {
  await using bare = await startChild(join(BUNDLE, 'bare.js'))
  await using relay = await startChild(OURS, relayEnv(folder))
  const compare = async (after: number): Promise<void> => {
    const [ours, theirs] = [(await residentOf(relay)) / MIB, (await residentOf(bare)) / MIB]
    const at = { figure: 'idle memory', unit: 'MiB', secondsAfter: after }
    report({ ...at, server: 'bare libp2p relay', value: theirs })
    const limit = theirs + 60
    report({ ...at, server: 'mepassa', value: ours, limit, ok: ours <= limit })
  }
  await compare(0)
  await new Promise((resolve) => setTimeout(resolve, STANDING_BY * 1_000))
  await compare(STANDING_BY)
}

const grown = async (folder: string, rows: number): Promise<void> => {
  await seedSqlite(folder, { accounts: DEVICES, rows })
  await using relay = await startChild(OURS, relayEnv(folder))
  await depositRound(relay, 1_000)
  const load = await depositRound(relay, DEPOSITS)
  const at = { rows, devices: DEVICES, server: 'mepassa-sqlite' }
  report({ figure: 'stored, by rows', unit: 'messages/s', value: load.rate, ...at })
  report({ figure: 'time of a deposit, p50', unit: 'ms', value: quantile(load.times, 0.5), ...at })
  const value = (await residentOf(relay)) / MIB
  report({ figure: 'memory at work', unit: 'MiB', value, limit: 1_024, ok: value <= 1_024, ...at })
}

export const benchFootprint = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'mepassa-bench-'))
  await bundleRelay(BUNDLE, PROGRAMS)
  await idle(join(folder, 'idle'))
  for (const rows of ROWS) {
    await grown(join(folder, String(rows)), rows)
    await rm(join(folder, String(rows)), { recursive: true })
  }
  for (const used of [folder, BUNDLE]) await rm(used, { recursive: true, force: true })
}
