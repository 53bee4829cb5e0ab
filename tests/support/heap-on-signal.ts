/**
 * Loaded before a program (`--import`) that runs with `--expose-gc`: at SIGUSR2 it prints how many bytes its threads hold once all garbage
 * is gone, as `heap 12345`. With LEAK=main:n or LEAK=workers:n each HTTP request leaves n bytes behind there: to see that whoever counts notices.
 */
import { subscribe } from 'node:diagnostics_channel'
import { BroadcastChannel, isMainThread, type Worker } from 'node:worker_threads'

const [leaking, leak] = (process.env['LEAK'] ?? '').split(':')
const left: Uint8Array[] = []
const leaveBehind = (): void => void left.push(new Uint8Array(Number(leak)))

/** What this thread holds, in its heap and in buffers. */
const held = (): number => {
  // What finalizers let go of in the first round is garbage in the second.
  for (let round = 0; round < 2; round++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** From the main thread to the others: 'count', which each answers with what it holds, or 'leak'. */
const channel = new BroadcastChannel('heap')

if (isMainThread) {
  let workers = 0
  process.on('worker', (worker: Worker) => {
    workers += 1
    worker.once('exit', () => (workers -= 1))
  })
  process.on('SIGUSR2', () => {
    let total = 0
    let missing = 1 + workers
    const add = (bytes: number): void => {
      total += bytes
      if (--missing === 0) process.stdout.write(`heap ${total}\n`)
    }
    channel.onmessage = ({ data }) => add(data as number)
    channel.postMessage('count')
    add(held())
  })
  if (leaking === 'main') subscribe('http.server.request.start', leaveBehind)
  if (leaking === 'workers') subscribe('http.server.request.start', () => channel.postMessage('leak'))
} else {
  channel.onmessage = ({ data }) => {
    if (data === 'leak') leaveBehind()
    else channel.postMessage(held())
  }
}
// Only listens: nothing is kept alive by it.
channel.unref()
