import { flipBits } from './damage.ts'

declare const self: DedicatedWorkerGlobalScope

self.onmessage = ({ data }: MessageEvent<Parameters<typeof flipBits>>) => {
  flipBits(...data).then(
    (flips) => self.postMessage(flips),
    (error: unknown) => self.reportError(error)
  )
}
