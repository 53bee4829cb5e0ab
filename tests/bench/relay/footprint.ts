/** Memory of a relay: with nothing to do, over that of a bare libp2p relay; and with 10,000 devices and up to a million messages at work. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** Both relays alike: at a start that compiles (`npm start` and the container keep what it makes) and at one after it. */
const idle = async (folder: string): Promise<void> => {
  for (const start of ['first', 'later']) {
    await using bare = await startChild('./bare-relay-child.ts', {
      NODE_COMPILE_CACHE: join(folder, 'bare', 'compiled'),
    })
    await using relay = await startChild('./relay-child.ts', {
      ...relayEnv(join(folder, 'mepassa')),
      NODE_COMPILE_CACHE: join(folder, 'mepassa', 'compiled'),
    })
    const compare = async (after: number): Promise<void> => {
      const [ours, theirs] = [(await residentOf(relay)) / MIB, (await residentOf(bare)) / MIB]
      const at = { figure: 'idle memory', unit: 'MiB', start, secondsAfter: after }
      report({ ...at, server: 'bare libp2p relay', value: theirs })
      const limit = theirs + 60
      report({ ...at, server: 'mepassa', value: ours, limit, ok: ours <= limit })
    }
    await compare(0)
    await new Promise((resolve) => setTimeout(resolve, STANDING_BY * 1_000))
    await compare(STANDING_BY)
  }
}

const grown = async (folder: string, rows: number): Promise<void> => {
  await seedSqlite(folder, { accounts: DEVICES, rows })
  await using relay = await startChild('./relay-child.ts', relayEnv(folder))
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
  await idle(join(folder, 'idle'))
  for (const rows of ROWS) {
    await grown(join(folder, String(rows)), rows)
    await rm(join(folder, String(rows)), { recursive: true })
  }
  await rm(folder, { recursive: true, force: true })
}
