/** The relay as JavaScript, in a handful of files: loading the thousand modules of its sources and libraries takes 70 MiB and as long again as all else of a start. */
import { build } from 'vite'
import { FOUND, writeLicences } from './licences.ts'

/** Native code, which finds its own files beside it. */
const NATIVE = [/^node-datachannel/]

/** The relay's programs by the names that they get: what is started, and the thread that holds the store, which is looked for under its name. */
const PROGRAMS = {
  main: 'relay-server/main.ts',
  'sqlite.worker': 'relay-server/store/sqlite.worker.ts',
}

/**
 * Writes the relay into a folder, which it takes for one beside `dist` and `node_modules`.
 * @param programs others to be written there, beside the store's thread
 */
export const bundleRelay = async (
  folder: string,
  programs: Readonly<Record<string, string>> = {}
): Promise<void> => {
  await build({
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: true },
    build: {
      ssr: true,
      target: 'esnext',
      outDir: folder,
      emptyOutDir: true,
      license: { fileName: FOUND },
      rolldownOptions: {
        input: { ...PROGRAMS, ...programs },
        external: NATIVE,
        output: { keepNames: true, chunkFileNames: '[name]-[hash].js' },
      },
    },
  })
  await writeLicences(folder, [FOUND])
}
