/**
 * Size budgets: the build fails when the page grows past what was promised.
 *
 * First paint is the entry and all it imports statically. Everything is every script, style, page and wasm of the
 * build: what a visitor could ever download as code. Both brotli at the best quality, as a server would send them.
 */
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'
import type { Plugin, Rolldown } from 'vite'

const KIB = 1024
export const BUDGETS = { firstPaint: 200 * KIB, everything: 900 * KIB }

const compress = promisify(brotliCompress)
const CODE = /\.(?:js|css|html|wasm)$/

/** Size in bytes after brotli at quality 11. */
export async function brotliSize(bytes: Uint8Array): Promise<number> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
  }
  return (await compress(bytes, { params })).byteLength
}

/** File names of the entry chunks and of everything they import statically. */
export function firstPaintChunks(bundle: Rolldown.OutputBundle): Set<string> {
  const found = new Set<string>()
  const visit = (name: string): void => {
    const chunk = bundle[name]
    if (found.has(name) || chunk?.type !== 'chunk') return
    found.add(name)
    chunk.imports.forEach(visit)
  }
  for (const chunk of Object.values(bundle)) {
    if (chunk.type === 'chunk' && chunk.isEntry && chunk.facadeModuleId?.endsWith('.html'))
      visit(chunk.fileName)
  }
  return found
}

/** Measures the finished folder, after the service worker has been added to it. */
export function budgets(): Plugin {
  let outDir = ''
  let firstPaint = new Set<string>()
  return {
    name: 'mepassa:budgets',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      outDir = join(config.root, config.build.outDir)
    },
    writeBundle(_, bundle) {
      firstPaint = firstPaintChunks(bundle)
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler() {
        const names = (await readdir(outDir, { recursive: true })).filter((name) => CODE.test(name))
        const sizes = await Promise.all(
          names.map(async (name) => ({ name, size: await brotliSize(await readFile(join(outDir, name))) }))
        )
        const sum = (rows: typeof sizes): number => rows.reduce((total, row) => total + row.size, 0)
        check(
          'JavaScript for first paint',
          sum(sizes.filter((row) => firstPaint.has(row.name))),
          BUDGETS.firstPaint
        )
        check('everything', sum(sizes), BUDGETS.everything)
      },
    },
  }
}

function check(what: string, size: number, budget: number): void {
  const line = `${what}: ${(size / KIB).toFixed(1)} of ${budget / KIB} KiB brotli`
  if (size > budget) throw new Error(`Over budget: ${line}`)
  console.log(line)
}
