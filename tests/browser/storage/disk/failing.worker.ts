import { failAgainAndAgain, type FailingTask } from './failing.ts'
import { RealDisk } from './real-disk.ts'
import { SimulatedDisk } from './simulated-disk.ts'

declare const self: DedicatedWorkerGlobalScope

self.onmessage = ({ data: { kind, ...options } }: MessageEvent<FailingTask>) => {
  const newDisk = kind === 'power' ? () => new SimulatedDisk() : () => RealDisk.blank(options.seed)
  failAgainAndAgain({ ...options, newDisk }).then(
    (report) => self.postMessage(report),
    (error: unknown) => self.reportError(error)
  )
}
