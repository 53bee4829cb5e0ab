/**
 * The Signal library by itself: how large it is for a page that loads nothing else. The page's own build spreads it over
 * chunks together with what others use.
 */
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { build } from 'vite'

const KIB = 1024
const ENTRY = fileURLToPath(new URL('../src/signal/index.ts', import.meta.url))
/** What the library and the primitives that it imports may weigh, gzip at the best level, in bytes. */
const SIGNAL_BUDGET = 45 * KIB

const compress = promisify(gzip)

/** One minified ES module of `entry` and all that it imports. */
export async function bundleModule(entry: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      lib: { entry, formats: ['es'], fileName: 'bundle' },
      rolldownOptions: { output: { codeSplitting: false, minify: true, comments: false } },
    },
  })
  const [output] = Array.isArray(result) ? result : [result]
  if (!output || !('output' in output)) throw new Error('no bundle')
  return output.output[0].code
}

/** Builds the library; prints its size and answers its code. Throws when it is over its budget. */
export async function checkSignalBundle(): Promise<string> {
  const code = await bundleModule(ENTRY)
  const size = (await compress(code, { level: 9 })).byteLength
  const line = `src/signal with its primitives: ${(size / KIB).toFixed(1)} of ${SIGNAL_BUDGET / KIB} KiB gzip`
  if (size > SIGNAL_BUDGET) throw new Error(`Over budget: ${line}`)
  console.log(line)
  return code
}
