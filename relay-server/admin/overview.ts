import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { RelayConfig } from '../config.ts'
import type { Census } from './census-store.ts'
import type { Fact, Section } from './page.ts'
import type { Language, Words } from './words.ts'

/** Who is here just now. */
export interface Presence {
  readonly devices: number
  readonly sockets: number
  readonly reservations: number
}

export interface Situation {
  readonly config: RelayConfig
  readonly version: string
  readonly census: Census
  readonly presence: Presence
}

const DAY = 24 * 60 * 60 * 1000

/** What the page shows, in the words of a language. */
export const overview = async (
  { tag, words }: Language,
  situation: Situation
): Promise<readonly Section[]> => {
  const { config, census, presence, version } = situation
  const number = new Intl.NumberFormat(tag)
  const n = (value: number): string => number.format(value)
  const { limits } = config
  return [
    {
      title: words.now,
      facts: [
        [words.connected, n(presence.devices)],
        [words.sockets, n(presence.sockets)],
        [words.reservations, n(presence.reservations)],
      ],
    },
    {
      title: words.kept,
      facts: [
        [words.accounts, n(census.accounts)],
        [words.devices, n(census.devices)],
        [words.envelopes, n(census.envelopes)],
        [words.envelopeBytes, size(tag, census.envelopeBytes)],
        [words.lists, n(census.lists)],
        [words.blobs, n(census.blobs)],
        [words.blobBytes, size(tag, census.blobBytes)],
        ...(await storage(tag, words, config)),
      ],
    },
    {
      title: words.machine,
      facts: [
        [words.version, version],
        [words.uptime, duration(tag, process.uptime() / 60)],
        [words.memory, size(tag, process.memoryUsage.rss())],
      ],
    },
    {
      title: words.limits,
      help: words.limitsHelp,
      facts: [
        [words.ttl, n(config.mailboxTtl / DAY)],
        [words.mailboxCount, n(limits.mailboxCount)],
        [words.mailboxBytes, size(tag, limits.mailboxBytes)],
        [words.requestsPerKey, n(limits.requestsPerKey)],
        [words.requests, n(limits.rates.requests.points)],
        [words.registrations, n(limits.rates.registrations.points)],
        [words.deposits, n(limits.rates.deposits.points)],
        [words.socketsPerAddress, n(limits.socketsPerAddress)],
        [words.blobCapacity, size(tag, config.blobs.capacity)],
        [words.blobTtl, n(config.blobs.ttl / DAY)],
      ],
    },
  ]
}

const storage = async (tag: string, words: Words, { dataDir, databaseUrl }: RelayConfig): Promise<Fact[]> => {
  const disk = await statfs(dataDir)
  const free: Fact = [words.free, size(tag, disk.bavail * disk.bsize)]
  if (databaseUrl !== null) return [[words.store, 'PostgreSQL'], free]
  const names = (await readdir(dataDir)).filter((name) => name.startsWith('relay.sqlite'))
  // A file of SQLite's log may go while we look.
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(dataDir, name)).then(
        (info) => info.size,
        () => 0
      )
    )
  )
  const bytes = sizes.reduce((sum, one) => sum + one, 0)
  return [[words.store, 'SQLite'], [words.storeSize, size(tag, bytes)], free]
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

const size = (tag: string, bytes: number): string => {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return new Intl.NumberFormat(tag, {
    style: 'unit',
    unit: UNITS[power] ?? 'byte',
    // “0 bytes”, but “539.5 kB”.
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: 1,
  }).format(bytes / 1000 ** power)
}

/** So long in words: “1 day, 3 hours”; minutes within the first day alone. */
export const duration = (tag: string, minutes: number): string => {
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24]
  const parts = [
    ...(days > 0 ? [amount(tag, 'day', days)] : []),
    ...(hours > 0 ? [amount(tag, 'hour', hours)] : []),
    ...(days === 0 ? [amount(tag, 'minute', Math.floor(minutes) % 60)] : []),
  ]
  return new Intl.ListFormat(tag, { type: 'unit' }).format(parts)
}

const amount = (tag: string, unit: 'day' | 'hour' | 'minute', value: number): string =>
  new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay: 'long' }).format(value)
