/**
 * Loaded before a program (`--import`) that runs with `--expose-gc`: at SIGUSR2 it prints how many bytes its main thread holds once all
 * garbage is gone, as `heap 12345`. With LEAK=n each HTTP request that it answers leaves n bytes behind: to see that whoever counts notices.
 */
import { subscribe } from 'node:diagnostics_channel'
import { isMainThread } from 'node:worker_threads'

const leak = Number(process.env['LEAK'] ?? 0)

if (isMainThread) {
  process.on('SIGUSR2', () => {
    // What finalizers let go of in the first round is garbage in the second.
    for (let round = 0; round < 2; round++) globalThis.gc?.()
    const { heapUsed, external } = process.memoryUsage()
    process.stdout.write(`heap ${heapUsed + external}\n`)
  })
  const left: Uint8Array[] = []
  if (leak > 0) subscribe('http.server.request.start', () => void left.push(new Uint8Array(leak)))
}
