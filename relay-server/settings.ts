/**
 * Every environment variable of the relay: how it is checked, what it is when it is not set, what it means and why it is so. The one place:
 * the check at start, `--print-config` and the table in the README follow from it.
 */
import { join } from 'node:path'
import * as v from 'valibot'
import { isStunUrl, isTurnUrl } from '../src/protocol/ice-servers.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

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
const origin = v.pipe(
  v.string(),
  v.check((text) => /^https?:\/\//.test(text) && URL.canParse(text), 'must be an http or https address'),
  v.transform((text) => new URL(text)),
  v.check(
    (url) => url.pathname === '/' && url.search === '' && url.username === '',
    'must be an origin, without a path'
  )
)
const bucket = v.pipe(
  v.string(),
  v.check(
    (text) => /^https?:\/\/[^?#]+$/.test(text) && URL.canParse(text) && new URL(text).username === '',
    'must be the http or https address of a bucket'
  ),
  v.transform((text) => text.replace(/\/+$/, ''))
)
const address = v.pipe(
  v.string(),
  v.check(
    (one) => /^[^/?#@\s]+:\d{1,5}$/.test(one) && URL.canParse(`http://${one}`),
    'must be an address and a port, as 127.0.0.1:9464'
  ),
  v.transform((one) => {
    const { hostname, port } = new URL(`tcp://${one}`)
    return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) }
  })
)
const databaseUrl = v.pipe(
  v.string(),
  v.check((url) => /^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url), 'must be a postgres:// address')
)
const redisUrl = v.pipe(
  v.string(),
  v.check((url) => /^rediss?:\/\//.test(url) && URL.canParse(url), 'must be a redis:// address')
)
const iceUrls = v.pipe(
  v.string(),
  v.transform((list) => list.split(/[\s,]+/).filter((url) => url !== '')),
  v.check(
    (urls) => urls.length <= 8 && urls.every((url) => isStunUrl(url) || isTurnUrl(url)),
    'must be up to 8 addresses such as stun:turn.example.org:3478,turn:turn.example.org:3478?transport=tcp'
  )
)
const hosts = v.pipe(
  v.string(),
  v.transform((list) => list.split(',').map((one) => one.trim())),
  v.check(
    (list) => list.every((one) => /^[^/?#@\s]+$/.test(one) && URL.canParse(`https://${one}`)),
    'must be hosts, with their port unless it is 443, separated by commas, as push.lan,10.0.0.5:8443'
  ),
  v.transform((list) => new Set(list.map((one) => new URL(`https://${one}`).host)))
)
const contact = v.pipe(
  v.string(),
  v.check(
    (text) => /^(?:mailto:[^@\s]+@[^@\s]+|https:\/\/\S+)$/.test(text) && URL.canParse(text),
    'must be a mailto: or https: address'
  )
)
const text = v.pipe(v.string(), v.minLength(1, 'must not be empty'))
/** Whoever sees one credential may try secrets at home, so guessing must be hopeless there, too. */
const secret = v.pipe(v.string(), v.minLength(16, 'must be at least 16 characters'), v.maxLength(200))
/** Long enough that guessing over a network is hopeless. */
const token = v.pipe(v.string(), v.regex(/^[\w-]{24,200}$/, 'must be 24 to 200 letters, digits, - and _'))

interface Words {
  readonly meaning: string
  /** Why it is as it is, or when to change it. */
  readonly reason: string
  /** How the default is called in documents, where its text alone says too little. */
  readonly shown?: string
}

type Check = v.GenericSchema<string, unknown>

/** A variable that stands for `fallback` when it is not set. */
const setting = <Schema extends Check>(schema: Schema, fallback: string, words: Words) => ({
  schema: v.optional(schema, fallback as v.InferInput<Schema>),
  fallback,
  ...words,
})
/** A variable that may be missing. */
const optional = <Schema extends Check>(schema: Schema, words: Words) => ({
  schema: v.optional(schema),
  fallback: null,
  ...words,
})

export const SETTINGS = {
  PUBLIC_URL: optional(origin, {
    meaning: 'The address that people use, as `https://chat.example.org`',
    shown: 'what the browser asks for',
    reason: 'Devices sign their requests for this address: set it whenever a reverse proxy stands in front.',
  }),
  TRUST_PROXY: setting(proxies, '0', {
    meaning: 'How many reverse proxies stand in front',
    reason:
      'So many addresses at the end of X-Forwarded-For are believed, so that limits count people and not the proxy. With too high a number people choose their address themselves.',
  }),
  PORT: setting(whole(0, 65_535), '8080', {
    meaning: 'TCP port: the app, the API and libp2p’s WebSocket',
    reason: 'One port, so that one line of a proxy or firewall is enough. 0 takes any free one.',
  }),
  HOST: setting(text, '0.0.0.0', {
    meaning: 'Address to listen on',
    shown: 'all IPv4 addresses',
    reason:
      '127.0.0.1 when a proxy on the same machine is the only way in; :: for IPv6 as well. No proxy passes UDP on: with a PUBLIC_URL that is not this machine, WEBRTC_PORT is open at all addresses all the same.',
  }),
  WEBRTC_PORT: setting(
    v.union([v.literal('off'), whole(0, 65_535)], 'must be a port number or "off"'),
    '8081',
    {
      meaning: 'UDP port of WebRTC-direct, or `off`',
      reason: 'A second way in for browsers, without a certificate; off where UDP cannot pass.',
    }
  ),
  P2P_URL: optional(origin, {
    meaning: 'The address at which this very process is reached for peer-to-peer connections',
    shown: 'the public address',
    reason:
      'For several relays behind one balancer: a peer-to-peer connection is made with one of them, so each needs a name of its own.',
  }),
  TURN_URLS: optional(iceUrls, {
    meaning: 'STUN and TURN servers, as `stun:turn.example.org:3478,turn:turn.example.org:3478`',
    shown: 'none',
    reason:
      'Devices in networks that let no direct connection through meet there. List turn: with ?transport=tcp too, for networks without UDP.',
  }),
  TURN_SECRET: optional(secret, {
    meaning: 'The secret that the TURN server shares with the relay (coturn: `static-auth-secret`)',
    shown: 'what is in `TURN_SECRET_FILE`',
    reason:
      'The relay makes credentials with it that let a registered device in for some hours. For a TURN server that has its secret already; make one with openssl rand -hex 32.',
  }),
  TURN_SECRET_FILE: optional(text, {
    meaning: 'File that holds that secret; the relay makes it when it is not there',
    shown: '`turn-secret` in the data folder',
    reason: 'For a file that the TURN server, or the other relays of a fleet, find as well.',
  }),
  DATA_DIR: setting(text, './data', {
    meaning: 'Folder of the database, keys and tokens',
    reason: 'The one folder that must outlive the process, and the one to back up.',
  }),
  DATABASE_URL: optional(databaseUrl, {
    meaning: 'PostgreSQL, as `postgres://user:password@host/database`',
    shown: 'SQLite in the data folder',
    reason:
      'For several relays over one database. One relay alone is faster, and simpler to keep, with its own SQLite.',
  }),
  DATABASE_PASSWORD_FILE: optional(text, {
    meaning: 'File that holds the password for a `DATABASE_URL` without one',
    shown: 'none',
    reason: 'So that whoever makes the database can make its password, and no setting tells it.',
  }),
  REDIS_URL: optional(redisUrl, {
    meaning: 'Redis, as `redis://:password@host`, for several relays over one PostgreSQL',
    shown: 'none',
    reason:
      'It carries word of new mail from relay to relay and counts for all of them. While it is away, mail comes some seconds later; nothing is lost.',
  }),
  REGISTRATION: setting(v.picklist(['open', 'invite'], 'must be open or invite'), 'open', {
    meaning: 'Who may make an account here: anyone (`open`), or who has an invitation code (`invite`)',
    reason: 'Codes are made by the operator. Accounts that are here already are not asked for one.',
  }),
  ADMIN_TOKEN: optional(token, {
    meaning: 'What opens `/admin`',
    shown: 'made at the first start, in `admin-token` of the data folder',
    reason:
      'For several relays, which cannot share a file. It is as good as a password: make it with openssl rand -hex 24.',
  }),
  PUSH_PRIVATE_HOSTS: optional(hosts, {
    meaning:
      'Push services whose addresses are not public, as `push.lan,10.0.0.5:8443`: a UnifiedPush server of your own',
    shown: 'none',
    reason:
      'People choose where their pushes go, so without this the relay sends none into its own network. Their certificates must be trusted: name your authority’s in NODE_EXTRA_CA_CERTS.',
  }),
  PUSH_CONTACT: optional(contact, {
    meaning: 'Whom push services may write to, as `mailto:you@example.org`',
    shown: 'the public address',
    reason: 'They ask for it (RFC 8292), and some refuse pushes without a real one.',
  }),
  DIST_DIR: setting(text, join(import.meta.dirname, '..', 'dist'), {
    meaning: 'Folder of the built page',
    shown: '`dist` of this copy',
    reason: 'For those who build the page elsewhere. A relay without a page serves its API alone.',
  }),
  MAILBOX_TTL_DAYS: setting(whole(1, 90), '14', {
    meaning: 'Days that mail waits',
    reason: 'Two weeks span a holiday. Senders keep what was not delivered, and send it again.',
  }),
  MAIL_STORAGE_GB: optional(whole(1, 999_999), {
    meaning: 'Room for all mail that waits, in GB (10⁹ bytes)',
    shown: 'as much as the disk has',
    reason:
      'When it is full, deposits are answered with 503: senders keep their messages and try again. Set it with PostgreSQL, whose disk the relay cannot see.',
  }),
  DISK_FLOOR_MB: setting(whole(0, 999_999), '500', {
    meaning: 'MB (10⁶ bytes) of the data folder’s disk that mail leaves free; 0 for none',
    reason:
      'A full disk would stop everything, acknowledging and deleting too. Below it deposits are answered with 503 until there is room again, and below twice as much uploads to the data folder are.',
  }),
  BLOB_STORAGE_GB: setting(whole(0, 999_999), '10', {
    meaning: 'Room for attachments, in GB (10⁹ bytes); 0 takes none',
    reason:
      'When it is full, uploads are refused and everything else goes on. Keep it below what the disk has free.',
  }),
  BLOB_TTL_DAYS: setting(whole(1, 365), '30', {
    meaning: 'Days that an attachment can be fetched',
    reason:
      'Longer than mail waits, so that who reads a message on its last day can still fetch what it points to.',
  }),
  S3_URL: optional(bucket, {
    meaning: 'Bucket for attachments at an S3-compatible service, as `https://s3.example.org/bucket`',
    shown: 'none: attachments lie in the data folder',
    reason:
      'For more room than the disk has, and for several relays, which must all find the same attachments.',
  }),
  S3_KEY: optional(text, {
    meaning: 'Access key of that service',
    shown: 'none',
    reason: 'It needs to put, get and delete objects of this one bucket, and nothing else.',
  }),
  S3_SECRET: optional(text, {
    meaning: 'Secret of the access key',
    shown: 'none',
    reason: 'Whoever has it can delete people’s attachments, though not read them.',
  }),
  S3_REGION: setting(text, 'auto', {
    meaning: 'Region that requests are signed for',
    reason: 'Amazon wants its own, as eu-central-1; most others do not mind.',
  }),
  METRICS_ADDRESS: optional(address, {
    meaning: 'Address and port that serve `/metrics` alone, as `127.0.0.1:9464`',
    shown: 'none',
    reason:
      'On the main port only this machine may read the metrics. Whoever reaches this address reads them, so let it be one that only Prometheus reaches.',
  }),
  SHUTDOWN_SECONDS: setting(whole(1, 300), '10', {
    meaning: 'Seconds that requests under way get to finish when the relay is told to stop',
    reason: 'Deposits take milliseconds. Keep it under the time after which your service manager kills.',
  }),
  LOG_LEVEL: setting(v.picklist(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`), 'info', {
    meaning: `${LOG_LEVELS.slice(0, -1).join(', ')} or ${LOG_LEVELS.at(-1)}`,
    reason: 'At every level logs hold codes and counts, never who or what.',
  }),
} as const

export type SettingName = keyof typeof SETTINGS
type Schemas = { readonly [Name in SettingName]: (typeof SETTINGS)[Name]['schema'] }

/** The environment as the relay reads it. */
export const EnvSchema = v.object(
  Object.fromEntries(Object.entries(SETTINGS).map(([name, { schema }]) => [name, schema])) as Schemas
)
