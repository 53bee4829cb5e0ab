import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { PushCount } from './push/pusher.ts'

/** Counts for the operator. Labels are routes and codes, never an account, a device or an address. */
export interface Metrics {
  readonly request: (route: string, status: number) => void
  readonly deposited: (stored: number, forwarded: number, refused: number) => void
  readonly delivered: (count: number) => void
  readonly swept: (count: number) => void
  readonly blobBytesTaken: (bytes: number) => void
  readonly blobBytesGiven: (bytes: number) => void
  readonly blobsExpired: (count: number) => void
  readonly pushed: (outcome: PushCount) => void
  /** Text in Prometheus' format. */
  readonly text: () => Promise<string>
  readonly contentType: string
}

export interface Gauges {
  readonly waiting: () => Promise<number>
  readonly sharedBodies: () => Promise<number>
  readonly blobs: () => Promise<number>
  readonly blobBytes: () => Promise<number>
  readonly devices: () => number
  readonly sockets: () => number
  readonly reservations: () => number
  readonly pushes: () => number
}

/** Makes the counters of one relay, in a registry of its own. `gauges` are asked when somebody looks. */
export const createMetrics = (gauges: Gauges): Metrics => {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: 'mepassa_' })
  const counter = (name: string, help: string) =>
    new Counter({ name: `mepassa_${name}_total`, help, registers })
  const requests = new Counter({
    name: 'mepassa_requests_total',
    help: 'HTTP requests by route and status',
    labelNames: ['route', 'status'],
    registers,
  })
  const stored = counter('envelopes_stored', 'Envelopes stored')
  const forwarded = counter('envelopes_forwarded', 'Envelopes given at once to a connected device')
  const refused = counter('envelopes_refused', 'Entries of deposits that were not stored')
  const delivered = counter('envelopes_acknowledged', 'Envelopes that their device has taken')
  const swept = counter('envelopes_expired', 'Envelopes that nobody fetched in time')
  const blobBytesTaken = counter('blob_bytes_received', 'Bytes of attachments taken')
  const blobBytesGiven = counter('blob_bytes_sent', 'Bytes of attachments asked for')
  const blobsExpired = counter('blobs_expired', 'Attachments whose time is over, and unfinished uploads')
  const pushes = new Counter({
    name: 'mepassa_pushes_total',
    help: 'Pushes by what became of them',
    labelNames: ['outcome'],
    registers,
  })
  const gauge = (name: string, help: string, value: () => number | Promise<number>) =>
    new Gauge({
      name: `mepassa_${name}`,
      help,
      registers,
      async collect() {
        this.set(await value())
      },
    })
  gauge('envelopes_waiting', 'Envelopes waiting', gauges.waiting)
  gauge('shared_bodies', 'Parts of messages for many, kept once', gauges.sharedBodies)
  gauge('blobs', 'Attachments kept, unfinished ones included', gauges.blobs)
  gauge('blob_bytes', 'Their bytes', gauges.blobBytes)
  gauge('devices_connected', 'Devices with a mailbox stream', gauges.devices)
  gauge('libp2p_connections', 'Open libp2p connections', gauges.sockets)
  gauge('circuit_reservations', 'Peers that may be reached over this relay', gauges.reservations)
  gauge('pushes_waiting', 'Devices with pushes that wait or are under way', gauges.pushes)
  return {
    request: (route, status) => requests.inc({ route, status }),
    deposited: (some, sent, none) => {
      stored.inc(some)
      forwarded.inc(sent)
      refused.inc(none)
    },
    delivered: (count) => delivered.inc(count),
    swept: (count) => swept.inc(count),
    blobBytesTaken: (bytes) => blobBytesTaken.inc(bytes),
    blobBytesGiven: (bytes) => blobBytesGiven.inc(bytes),
    blobsExpired: (count) => blobsExpired.inc(count),
    pushed: (outcome) => pushes.inc({ outcome }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
