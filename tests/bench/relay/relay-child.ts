/** A relay in a process of its own, as benchmarks need it: its real code, with rates and quotas out of the way. */
import { createRelay } from '../../../relay-server/relay.ts'
import { RELAY_LIMITS } from '../../../relay-server/limits.ts'
import { readConfig } from '../../../relay-server/config.ts'
import { collectWhenAsked } from './collect.ts'

collectWhenAsked()
const MANY = 1_000_000_000
const config = readConfig(process.env)
if (!config.ok) throw new Error(config.error)
const rates = Object.fromEntries(
  Object.entries(RELAY_LIMITS.rates).map(([name, { per }]) => [name, { points: MANY, per }])
) as typeof RELAY_LIMITS.rates
const limits = {
  ...RELAY_LIMITS,
  rates,
  mailboxCount: MANY,
  mailboxBytes: MANY * 1024,
  socketsPerAddress: MANY,
  connections: { most: MANY, perAddress: MANY },
  noncesPerAccount: MANY,
}
const relay = await createRelay({ ...config.value, limits })
process.send?.({ port: relay.port })
process.once('SIGTERM', () => void relay.stop().then(() => process.exit(0)))
