import { join } from 'node:path'
import { build } from 'vite'

/** `bare-peer.ts` and all it imports as the text of one classic script. */
export const bareBundle = async (): Promise<string> => {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      target: 'esnext',
      lib: { entry: join(import.meta.dirname, 'bare-peer.ts'), formats: ['iife'], name: 'bench' },
    },
  })
  const [first] = Array.isArray(result) ? result : [result]
  const chunk = first && 'output' in first ? first.output.find((part) => part.type === 'chunk') : undefined
  if (!chunk || !('code' in chunk)) throw new Error('the bare peer did not build')
  return chunk.code
}
