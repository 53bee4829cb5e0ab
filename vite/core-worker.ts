/**
 * Builds the core worker together with the page instead of by itself, so that what both need (curves, protobuf, schemas) is shipped once.
 * While developing, Vite serves the worker in its own way.
 */
import type { Plugin } from 'vite'

/** Name of the worker's own chunk. */
const NAME = 'core.worker'
const ADDRESS = /\/core\.worker\.ts\?worker&url$/

export function coreWorker(): Plugin {
  return {
    name: 'mepassa:core-worker',
    apply: 'build',
    enforce: 'pre',
    load: {
      filter: { id: ADDRESS },
      handler(id) {
        const chunk = this.emitFile({ type: 'chunk', id: id.replace('?worker&url', ''), name: NAME })
        return `export default import.meta.ROLLUP_FILE_URL_${chunk}`
      },
    },
  }
}

/** What is loaded ahead beside a lazy part: all it needs. Preloading is done by the page's document, which a worker has not. */
export const preloaded = (_: string, needs: string[], { hostId }: { readonly hostId: string }): string[] =>
  hostId.includes(NAME) ? [] : needs
