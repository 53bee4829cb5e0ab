import { mkdirSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

/**
 * Keeps the relay's code compiled and without its types in the data folder. From the second start on nothing that strips types is loaded, which
 * takes 30 MiB of memory. Without a place to write, the relay runs as well. Whoever has set another place for it keeps that.
 */
export const keepCompiled = (dataDir: string): void => {
  // Nobody else may read what is beside it, either.
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const folder = join(dataDir, 'code-cache')
  enableCompileCache(folder)
  // Threads load their code themselves, and are told by the environment.
  process.env['NODE_COMPILE_CACHE'] ??= folder
}
