import { serveOperations, type Call } from './operations.ts'

declare const self: DedicatedWorkerGlobalScope

const answer = serveOperations((told) => self.postMessage(told))
self.onmessage = ({ data }: MessageEvent<Call>) => answer(data)
