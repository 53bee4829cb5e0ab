import type { Logger } from 'pino'
import type { SignedAuth } from './auth/signed.ts'
import type { Blobs } from './blobs/blobs.ts'
import type { RelayConfig } from './config.ts'
import type { Admission } from './mailbox/admission.ts'
import type { MailboxHub } from './mailbox/hub.ts'
import type { Metrics } from './metrics.ts'
import type { PushService } from './push/push-service.ts'
import type { Rates } from './rate-limit/rates.ts'
import type { Room } from './room.ts'
import type { RelaySecrets } from './secrets.ts'
import type { RelayStore } from './store/relay-store.ts'

/** What the routes and streams of one relay share. Each takes of it what it needs. */
export interface RelayContext {
  readonly config: RelayConfig
  readonly turn: RelaySecrets['turn']
  readonly store: RelayStore
  readonly blobs: Blobs
  readonly signed: SignedAuth
  readonly rates: Rates
  readonly room: Room
  readonly hub: MailboxHub
  readonly admission: Admission
  readonly push: PushService
  readonly metrics: Metrics
  readonly log: Logger
  /** Ms since 1970. */
  readonly now: () => number
}
