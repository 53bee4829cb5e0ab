import { fillAgainAndAgain, type FullTask } from './full.ts'

declare const self: DedicatedWorkerGlobalScope

self.onmessage = ({ data }: MessageEvent<FullTask>) => {
  fillAgainAndAgain(data).then(
    (report) => self.postMessage(report),
    (error: unknown) => self.reportError(error)
  )
}
