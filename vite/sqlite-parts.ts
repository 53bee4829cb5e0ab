/**
 * Leaves out of the database engine's JavaScript what this app never runs: the engine in a worker of its own (`worker1`) with its promiser, the
 * VFS that needs cross-origin isolation (`opfs`) with its proxy worker, and virtual tables written in JavaScript. Each is one initializer that
 * nothing else refers to. The WebAssembly stays as it is shipped.
 */
import type { Plugin } from 'vite'

const INDEX = /@evolu\/sqlite-wasm\/index\.mjs$/
const ENGINE = /@evolu\/sqlite-wasm\/.+\/sqlite3-bundler-friendly\.mjs$/
const PROMISER = /^import '\.\/sqlite-wasm\/jswasm\/sqlite3-worker1-promiser\.mjs';$/m
const INITIALIZER = 'globalThis.sqlite3ApiBootstrap.initializers.push('
/** What each part that goes says of itself. */
const UNUSED = ['sqlite3.initWorker1API = ', 'const installOpfsVfs = ', 'sqlite3.vtab = vtab']

/** The engine's code without the unused parts. Throws where the code is not cut as it was when this was written. */
export const withoutUnusedParts = (code: string): string => {
  const [head = '', ...parts] = code.split(INITIALIZER)
  const found = UNUSED.map((mark) => parts.filter((part) => part.includes(mark)))
  // The last part holds the rest of the file.
  if (found.some((matches) => matches.length !== 1 || matches[0] === parts.at(-1)))
    throw new Error('The parts of @evolu/sqlite-wasm are not where vite/sqlite-parts.ts looks for them.')
  return [head, ...parts.filter((part) => !found.flat().includes(part))].join(INITIALIZER)
}

export function sqliteParts(): Plugin {
  return {
    name: 'mepassa:sqlite-parts',
    apply: 'build',
    enforce: 'pre',
    transform: {
      filter: { id: [INDEX, ENGINE] },
      handler(code, id) {
        if (ENGINE.test(id)) return { code: withoutUnusedParts(code), map: null }
        if (!PROMISER.test(code)) throw new Error('@evolu/sqlite-wasm imports its promiser otherwise.')
        return { code: code.replace(PROMISER, ''), map: null }
      },
    },
  }
}
