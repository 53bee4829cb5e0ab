/** Building page and relay, and knowing when that is needed. */
import { createHash } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.ts'

const OUT = 'dist'
const STAMP = join(OUT, '.sources')
/** Where page, relay and the store's thread begin. */
const ENTRIES = [join(OUT, 'index.html'), 'dist-relay/main.js', 'dist-relay/sqlite.worker.js']
/** All that a build reads. What the catalogue's compiler writes is no source. */
const SOURCES = [
  'index.html',
  'package.json',
  'package-lock.json',
  'vite.config.ts',
  'vite',
  'src',
  'public',
  'service-worker',
  'relay-server',
  'messages',
  'project.inlang',
  'patches',
]
const GENERATED = /(?:^|\/)(?:paraglide|cache|\.lix)\/|(?:^|\/)\.meta\.json$/

/** Builds `dist` and `dist-relay` unless they are there, built from these very sources. Answers false when the build failed. */
export async function ensureBuilt(): Promise<boolean> {
  const sources = await hashSources()
  const isThere = (await Promise.all(ENTRIES.map((entry) => stat(entry).catch(() => null)))).every(Boolean)
  if (isThere && sources === (await readFile(STAMP, 'utf8').catch(() => ''))) return true
  console.log('Building page and relay …')
  return buildPage()
}

/** Builds both and notes from which sources. Answers false when the build failed. */
export async function buildPage(): Promise<boolean> {
  const sources = await hashSources()
  // A process of its own: the catalogue's compiler leaves timers behind that would keep this one alive. Vitest sets NODE_ENV to `test`: libraries would be built for development.
  const env = { NODE_ENV: 'production' }
  const built = (await run(process.execPath, ['scripts/build.ts'], { env })) === 0
  if (built) await writeFile(STAMP, sources)
  return built
}

async function hashSources(): Promise<string> {
  const hash = createHash('sha256')
  for (const source of SOURCES) {
    for (const name of await filesOf(source))
      hash
        .update(name)
        .update('\0')
        .update(await readFile(name))
  }
  return hash.digest('hex')
}

async function filesOf(source: string): Promise<string[]> {
  const info = await stat(source).catch(() => null)
  if (info === null) return []
  if (info.isFile()) return [source]
  const entries = await readdir(source, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((name) => !GENERATED.test(name))
    .sort()
}
