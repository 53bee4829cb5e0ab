import { join } from 'node:path'
import * as v from 'valibot'
import { err, ok, type Result } from '../src/lib/result.ts'
import { RELAY_LIMITS, type RelayLimits } from './limits.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
const DAY = 24 * 60 * 60 * 1000

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
  /** UDP port of WebRTC-direct; 0: any free one; null: none. */
  readonly webRtcPort: number | null
  /** How many reverse proxies stand before the relay, each adding to X-Forwarded-For; 0: none is believed. */
  readonly trustProxy: number
  readonly logLevel: (typeof LOG_LEVELS)[number]
  /** Milliseconds that an envelope waits at most. */
  readonly mailboxTtl: number
  readonly limits: RelayLimits
}

const whole = (least: number, most: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,6}$/, `must be a whole number from ${least} to ${most}`),
    v.transform(Number),
    v.minValue(least, `must be at least ${least}`),
    v.maxValue(most, `must be at most ${most}`)
  )
const proxies = v.pipe(
  v.picklist(['true', 'false', '0', '1', '2', '3'], 'must be true, false or a number of proxies up to 3'),
  v.transform((text) => (text === 'true' ? 1 : text === 'false' ? 0 : Number(text)))
)
const publicUrl = v.pipe(
  v.string(),
  v.check((text) => /^https?:\/\//.test(text) && URL.canParse(text), 'must be an http or https address'),
  v.transform((text) => new URL(text)),
  v.check(
    (url) => url.pathname === '/' && url.search === '' && url.username === '',
    'must be an origin, without a path'
  )
)
const text = v.pipe(v.string(), v.minLength(1, 'must not be empty'))

const EnvSchema = v.object({
  PORT: v.optional(whole(0, 65_535), '8080'),
  HOST: v.optional(text, '0.0.0.0'),
  DATA_DIR: v.optional(text, './data'),
  DIST_DIR: v.optional(text, join(import.meta.dirname, '..', 'dist')),
  PUBLIC_URL: v.optional(publicUrl),
  WEBRTC_PORT: v.optional(
    v.union([v.literal('off'), whole(0, 65_535)], 'must be a port number or "off"'),
    '8081'
  ),
  TRUST_PROXY: v.optional(proxies, '0'),
  LOG_LEVEL: v.optional(v.picklist(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`), 'info'),
  MAILBOX_TTL_DAYS: v.optional(whole(1, 90), '14'),
})

/** Reads the environment. The error is one sentence that names every wrong value. An empty variable counts as not set. */
export const readConfig = (
  env: Readonly<Record<string, string | undefined>>
): Result<RelayConfig, string> => {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== '')
  )
  const parsed = v.safeParse(EnvSchema, set)
  if (!parsed.success) {
    const wrong = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'environment'} ${issue.message}`)
    return err(`The relay cannot start: ${wrong.join('; ')}.`)
  }
  const { output } = parsed
  return ok({
    host: output.HOST,
    port: output.PORT,
    dataDir: output.DATA_DIR,
    distDir: output.DIST_DIR,
    publicUrl: output.PUBLIC_URL ?? null,
    webRtcPort: output.WEBRTC_PORT === 'off' ? null : output.WEBRTC_PORT,
    trustProxy: output.TRUST_PROXY,
    logLevel: output.LOG_LEVEL,
    mailboxTtl: output.MAILBOX_TTL_DAYS * DAY,
    limits: RELAY_LIMITS,
  })
}
