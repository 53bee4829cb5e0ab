import type { Connection } from '@libp2p/interface'
import type { Clock, Random } from '../../core/ports/platform.ts'
import { createEcho } from './echo.ts'
import { watchLiveness, type Liveness } from './liveness.ts'

/**
 * Ms. A relay that is gone without a word is noticed within 53 s; one whose host closes the connection, and any after a wake, at once. Thousands of
 * devices that connected together after a restart ask at different times.
 */
export const RELAY_PING = { least: 35_000, most: 45_000, patience: 8_000 }

export interface RelayWatchDeps {
  readonly clock: Clock
  readonly random: Random
  readonly connection: Pick<Connection, 'newStream'>
  /** Once: the relay did not answer. */
  onSilence(reason: Error): void
}

/** Watches over the connection to a relay by the cheapest question there is: 32 bytes each way, on a stream that stays open. */
export const watchRelay = ({ clock, random, connection, onSilence }: RelayWatchDeps): Liveness =>
  watchLiveness({
    clock,
    echo: createEcho(connection, { clock, random, keep: true }),
    wait: () => RELAY_PING.least + (RELAY_PING.most - RELAY_PING.least) * random.fraction(),
    patience: RELAY_PING.patience,
    onSilence,
  })
