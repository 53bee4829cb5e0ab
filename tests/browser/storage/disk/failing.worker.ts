import { losePower } from './power-loss.ts'

declare const self: DedicatedWorkerGlobalScope

self.onmessage = ({ data }: MessageEvent<Parameters<typeof losePower>>) => {
  losePower(...data).then(
    (report) => self.postMessage(report),
    (error: unknown) => self.reportError(error)
  )
}
