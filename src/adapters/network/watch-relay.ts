import type { Connection } from '@libp2p/interface'
import type { Clock, Random } from '../../core/ports/platform.ts'
import { createEcho, type Echo } from './echo.ts'
import { watchLiveness, type Liveness } from './liveness.ts'

/**
 * Ms. A relay that is gone without a word is noticed within 53 s by a page that is looked at (browsers let hidden pages wait longer); one whose host
 * closes the connection at once, and any within seconds of a wake. Thousands of devices that connected together after a restart ask at different times.
 */
export const RELAY_PING = { least: 35_000, most: 45_000, patience: 8_000 }

export interface RelayWatchDeps {
  readonly clock: Clock
  readonly random: Random
  readonly connection: Pick<Connection, 'newStream'>
  /** Once: the relay did not answer. */
  onSilence(reason: Error): void
}

export type RelayWatch = (deps: RelayWatchDeps) => Liveness

/**
 * For one node. Watches over connections to relays by the cheapest question there is: 32 bytes each way, on a stream that stays open. A connection may be watched
 * anew, when its mailbox stream was opened again: libp2p allows one such stream, so there is one echo for as long as the connection lasts.
 */
export const createRelayWatch = (): RelayWatch => {
  const echoes = new WeakMap<RelayWatchDeps['connection'], Echo>()
  const echoOf = ({ clock, random, connection }: RelayWatchDeps): Echo => {
    const echo = echoes.get(connection) ?? createEcho(connection, { clock, random, keep: true })
    echoes.set(connection, echo)
    return echo
  }
  return (deps) =>
    watchLiveness({
      clock: deps.clock,
      echo: echoOf(deps),
      wait: () => RELAY_PING.least + (RELAY_PING.most - RELAY_PING.least) * deps.random.fraction(),
      patience: RELAY_PING.patience,
      onSilence: deps.onSilence,
    })
}
