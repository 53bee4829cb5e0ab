/**
 * Builds `service-worker/index.ts` into `/sw.js`, with the list of files to keep for offline use.
 *
 * A classic script in one piece (Firefox and older Safari know no module service workers), so it is a second, small
 * build. `self.__WB_MANIFEST` becomes the list that workbox-precaching expects. While developing, the worker is built
 * on request and its list is empty: nothing is kept, nothing goes stale.
 */
import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import type { Plugin, Rolldown } from 'vite'
import { FOUND_IN_WORKER } from './licences.ts'

interface PrecacheEntry {
  readonly url: string
  readonly revision: string | null
}

/** Where the plugin finds its source, below the project's root. */
const SOURCE = 'service-worker/index.ts'
const PRECACHED = /\.(?:js|css|html|wasm|woff2|webmanifest|svg|png|ico)$/
/** Shown by the install prompt only, or never asked for by the page. */
const LEFT_OUT = /^screenshots\/|^sw\.js$|\.map$/
/** Vite puts a hash into these names: the name alone tells versions apart. */
const HASHED = /^assets\/.+-[\w-]{8,}\.\w+$/

/** The files of a finished build, each with a revision unless its name carries one. */
export async function precacheEntries(outDir: string): Promise<PrecacheEntry[]> {
  const names = (await readdir(outDir, { recursive: true })).map((name) => name.replaceAll('\\', '/')).sort()
  return Promise.all(
    names
      .filter((name) => PRECACHED.test(name) && !LEFT_OUT.test(name))
      .map(async (name) => ({
        url: `/${name}`,
        revision: HASHED.test(name) ? null : await sha256(join(outDir, name)),
      }))
  )
}

/** Adds the worker to a finished build, with the list of what lies there. */
export async function writeServiceWorker(root: string, outDir: string): Promise<void> {
  await bundle(root, await precacheEntries(outDir), 'production', outDir)
}

export function serviceWorker(): Plugin {
  let root = ''
  let outDir = ''
  return {
    name: 'mepassa:service-worker',
    configResolved(config) {
      root = config.root
      outDir = join(config.root, config.build.outDir)
    },
    configureServer(server) {
      server.middlewares.use('/sw.js', (_, response, next) => {
        bundle(root, [], 'development').then((code) => {
          response.setHeader('content-type', 'text/javascript')
          response.setHeader('cache-control', 'no-cache')
          response.end(code)
        }, next)
      })
    },
    closeBundle: {
      order: 'pre',
      sequential: true,
      async handler() {
        if (this.environment.config.command !== 'build') return
        await writeServiceWorker(root, outDir)
      },
    },
  }
}

async function bundle(
  root: string,
  entries: PrecacheEntry[],
  mode: string,
  outDir?: string
): Promise<string> {
  const result = await build({
    configFile: false,
    root,
    mode,
    publicDir: false,
    logLevel: 'warn',
    define: {
      'self.__WB_MANIFEST': JSON.stringify(entries),
      'process.env.NODE_ENV': JSON.stringify(mode),
    },
    build: {
      target: 'esnext',
      write: outDir !== undefined,
      ...(outDir === undefined ? {} : { outDir }),
      emptyOutDir: false,
      license: { fileName: FOUND_IN_WORKER },
      minify: mode === 'production',
      rolldownOptions: {
        input: join(root, SOURCE),
        output: { format: 'iife', entryFileNames: 'sw.js' },
      },
    },
  })
  return (result as Rolldown.RolldownOutput).output[0].code
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}
