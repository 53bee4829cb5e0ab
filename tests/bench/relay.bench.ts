/**
 * The relay's figures. `npm run bench -- relay` runs them all, `npm run bench -- relay deposits` one piece. Everything runs on this
 * machine over loopback; other servers are Debian's packages, each started privately.
 */
import { benchCircuits } from './relay/circuits.ts'
import { benchConnections } from './relay/connections.ts'
import { benchDeliver } from './relay/deliver.ts'
import { benchDeposits } from './relay/deposits.ts'
import { benchFetch } from './relay/fetch.ts'
import { benchFootprint } from './relay/footprint.ts'
import { benchKill } from './relay/kill.ts'

const PIECES: Readonly<Record<string, () => Promise<void>>> = {
  deposits: benchDeposits,
  deliver: benchDeliver,
  fetch: benchFetch,
  kill: benchKill,
  connections: benchConnections,
  circuits: benchCircuits,
  footprint: benchFootprint,
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !Object.hasOwn(PIECES, name))
if (unknown.length > 0) {
  process.stderr.write(
    `There is no piece ${unknown.join(', ')}; there are ${Object.keys(PIECES).join(', ')}.\n`
  )
  process.exit(1)
}
for (const [name, run] of Object.entries(PIECES))
  if (wanted.length === 0 || wanted.includes(name)) await run()
