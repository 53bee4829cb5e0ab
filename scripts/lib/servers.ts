/** The servers that tests and benchmarks of the relay run beside it: Debian's own packages, started privately by whoever needs one. */
import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { installPackage, isDebianRoot } from './debian.ts'
import { stop } from './run.ts'

/** Debian keeps PostgreSQL's programs of each version apart, and off the path. */
const POSTGRES_FOLDER = '/usr/lib/postgresql'

/** The folder of PostgreSQL's own programs (`initdb`, `postgres`), the newest version's; null if there is none. */
export function findPostgres(): string | null {
  const versions = folders(POSTGRES_FOLDER).sort((a, b) => Number(b) - Number(a))
  const kept = versions.map((version) => join(POSTGRES_FOLDER, version, 'bin'))
  return [...kept, ...onPath()].find((folder) => isProgram(join(folder, 'initdb'))) ?? null
}

/** The path of a program; null if there is none. */
export function findProgram(name: string): string | null {
  return [...onPath(), '/usr/sbin'].map((folder) => join(folder, name)).find(isProgram) ?? null
}

/** Sees to it that PostgreSQL is here, installing it where that is possible. Ends the process with one sentence when it is not. */
export async function requirePostgres(): Promise<void> {
  if (findPostgres() === null && isDebianRoot()) await installPackage('postgresql')
  if (findPostgres() === null)
    stop('The tests of the relay need PostgreSQL: install it (on Debian: apt install postgresql).')
}

/** The same for Redis. */
export async function requireRedis(): Promise<void> {
  if (findProgram('redis-server') === null && isDebianRoot()) await installPackage('redis-server')
  if (findProgram('redis-server') === null)
    stop('The tests of the relay need Redis: install it (on Debian: apt install redis-server).')
}

/** The same for coturn. Its tests start one of their own, as the relay's configuration file for it says. */
export async function requireCoturn(): Promise<void> {
  if (findProgram('turnserver') === null && isDebianRoot()) await installPackage('coturn')
  if (findProgram('turnserver') === null)
    stop('The tests of direct connections need coturn: install it (on Debian: apt install coturn).')
}

function onPath(): readonly string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
}

function folders(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
