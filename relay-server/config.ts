import * as v from 'valibot'
import { err, ok, type Result } from '../src/lib/result.ts'
import { isStunUrl, isTurnUrl } from '../src/protocol/ice-servers.ts'
import { RELAY_LIMITS, type RelayLimits } from './limits.ts'
import { conflictsOf } from './setting-conflicts.ts'
import { EnvSchema, type LOG_LEVELS } from './settings.ts'

const SECOND = 1000
const MEGABYTE = 1_000_000
const GIGABYTE = 1_000_000_000
const DAY = 24 * 60 * 60 * SECOND

/** All that a relay is told from outside. */
export interface RelayConfig {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Database and keys. */
  readonly dataDir: string
  /** The built page; a relay without one serves its API alone. */
  readonly distDir: string
  /** The origin that clients use, if not the address in their requests. */
  readonly publicUrl: URL | null
  /** The origin that reaches this process and no other relay behind the same balancer; null: the same as the public one. */
  readonly p2pUrl: URL | null
  /** UDP port of WebRTC-direct; 0: any free one; null: none. */
  readonly webRtcPort: number | null
  /** STUN servers that clients may ask. */
  readonly stunUrls: readonly string[]
  /** TURN servers; null: none. */
  readonly turn: {
    readonly urls: readonly string[]
    /** What they share with this relay; null: it is kept in `secretFile`. */
    readonly secret: string | null
    /** null: a file of the relay's own, in `dataDir`. */
    readonly secretFile: string | null
  } | null
  /** How many reverse proxies stand before the relay, each adding to X-Forwarded-For; 0: none is believed. */
  readonly trustProxy: number
  /** What opens the operator's page; null: a token of the relay's own, in `dataDir`. */
  readonly adminToken: string | null
  /** Where metrics are served to whoever asks; null: nowhere but on the main port, to this machine. */
  readonly metricsAddress: { readonly host: string; readonly port: number } | null
  /** Milliseconds that requests under way get when the relay stops. */
  readonly shutdownTime: number
  /** PostgreSQL; null: the embedded SQLite in `dataDir`. It may hold a password. */
  readonly databaseUrl: string | null
  /** Where that password is, if not in the address; null: nowhere. */
  readonly databasePasswordFile: string | null
  /** Redis; null: this relay is alone, or its neighbours hear of mail by looking. It may hold a password. */
  readonly redisUrl: string | null
  /** Whether anyone may register, or only who has an invitation code. */
  readonly registration: 'open' | 'invite'
  /** Hosts (with a port unless it is 443) that pushes may go to though their addresses are not public. */
  readonly pushPrivateHosts: ReadonlySet<string>
  /** Whom push services may write to about this relay; null: made of the public address. */
  readonly pushContact: string | null
  readonly logLevel: (typeof LOG_LEVELS)[number]
  /** Milliseconds that an envelope waits at most. */
  readonly mailboxTtl: number
  readonly mail: {
    /** Bytes that all waiting mail may take; null: as much as the disk has. */
    readonly capacity: number | null
    /** Bytes of the data folder's disk that mail leaves free; 0: none. */
    readonly diskFloor: number
  }
  readonly blobs: {
    /** Bytes that all attachments may take; 0: none are taken. */
    readonly capacity: number
    /** Milliseconds that one is kept. */
    readonly ttl: number
    /** null: they lie in `dataDir`. It holds a secret. */
    readonly s3: {
      readonly url: string
      readonly key: string
      readonly secret: string
      readonly region: string
    } | null
  }
  readonly limits: RelayLimits
}

/** Reads the environment. The error is one sentence that names every wrong value. An empty variable counts as not set. */
export const readConfig = (
  env: Readonly<Record<string, string | undefined>>
): Result<RelayConfig, string> => {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== '')
  )
  const parsed = v.safeParse(EnvSchema, set)
  const wrong = conflictsOf(set)
  // What is wrong in itself is said, and not what does not fit it.
  for (const issue of parsed.issues ?? []) wrong.set(String(v.getDotPath(issue)), issue.message)
  if (!parsed.success || wrong.size > 0) {
    const named = [...wrong].map(([name, what]) => `${name} ${what}`)
    return err(`The relay cannot start: ${named.join('; ')}.`)
  }
  const { output } = parsed
  const urls = output.TURN_URLS ?? []
  const turnUrls = urls.filter(isTurnUrl)
  const { S3_URL: s3 = null, S3_KEY: key = null, S3_SECRET: s3Secret = null } = output
  return ok({
    host: output.HOST,
    port: output.PORT,
    dataDir: output.DATA_DIR,
    distDir: output.DIST_DIR,
    publicUrl: output.PUBLIC_URL ?? null,
    p2pUrl: output.P2P_URL ?? null,
    webRtcPort: output.WEBRTC_PORT === 'off' ? null : output.WEBRTC_PORT,
    stunUrls: urls.filter(isStunUrl),
    turn:
      turnUrls.length === 0
        ? null
        : { urls: turnUrls, secret: output.TURN_SECRET ?? null, secretFile: output.TURN_SECRET_FILE ?? null },
    trustProxy: output.TRUST_PROXY,
    adminToken: output.ADMIN_TOKEN ?? null,
    metricsAddress: output.METRICS_ADDRESS ?? null,
    shutdownTime: output.SHUTDOWN_SECONDS * SECOND,
    databaseUrl: output.DATABASE_URL ?? null,
    databasePasswordFile: output.DATABASE_PASSWORD_FILE ?? null,
    redisUrl: output.REDIS_URL ?? null,
    registration: output.REGISTRATION,
    pushPrivateHosts: output.PUSH_PRIVATE_HOSTS ?? new Set(),
    pushContact: output.PUSH_CONTACT ?? null,
    logLevel: output.LOG_LEVEL,
    mailboxTtl: output.MAILBOX_TTL_DAYS * DAY,
    mail: {
      capacity: output.MAIL_STORAGE_GB === undefined ? null : output.MAIL_STORAGE_GB * GIGABYTE,
      diskFloor: output.DISK_FLOOR_MB * MEGABYTE,
    },
    blobs: {
      capacity: output.BLOB_STORAGE_GB * GIGABYTE,
      ttl: output.BLOB_TTL_DAYS * DAY,
      s3:
        s3 === null || key === null || s3Secret === null
          ? null
          : { url: s3, key, secret: s3Secret, region: output.S3_REGION },
    },
    limits: RELAY_LIMITS,
  })
}
