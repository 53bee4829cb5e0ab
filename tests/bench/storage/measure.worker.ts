import { chunksOf, ENGINES, measure, openAndAsk, type EngineName, type Visit } from './measure.ts'

export type Ask =
  | { readonly kind: 'put'; readonly engine: EngineName; readonly name: string; readonly url: string }
  | { readonly kind: 'visit'; readonly visit: Visit }
  | { readonly kind: 'close' }

let close = async (): Promise<void> => undefined

const answer = async (ask: Ask): Promise<unknown> => {
  if (ask.kind === 'put') return ENGINES[ask.engine].put(ask.name, chunksOf(ask.url))
  if (ask.kind === 'close') return close()
  const opened = await openAndAsk(ask.visit)
  close = opened.close
  self.postMessage({ kind: 'answered' })
  const figures = await measure(opened, ask.visit)
  return { ...figures, ...(opened.memory() === null ? {} : { 'wasm memory': opened.memory() }) }
}

self.onmessage = ({ data }: MessageEvent<Ask>) => {
  answer(data).then(
    (value) => self.postMessage({ kind: 'done', value }),
    (error: unknown) =>
      self.postMessage({ kind: 'failed', why: `${'engine' in data ? data.engine : ''} ${String(error)}` })
  )
}
