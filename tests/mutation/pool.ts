/** Workers that take orders one after the other, and are replaced when one of them dies or never answers. */
import { fork, type ChildProcess } from 'node:child_process'
import type { Answer, Order } from './protocol.ts'

/** An order that took longer than this (ms) has run into something without an end. */
const PATIENCE = 300_000

const start = (): ChildProcess =>
  fork(new URL('./worker.ts', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })

/** Answers `null` when the worker died or had to be ended. */
const ask = (worker: ChildProcess, order: Order): Promise<Answer | null> =>
  new Promise((resolve) => {
    const finish = (answer: Answer | null): void => {
      clearTimeout(timer)
      worker.off('message', finish)
      worker.off('exit', gone)
      resolve(answer)
    }
    const gone = (): void => finish(null)
    const timer = setTimeout(() => {
      worker.kill('SIGKILL')
    }, PATIENCE)
    worker.once('message', finish)
    worker.once('exit', gone)
    worker.send(order)
  })

/** Has `size` workers take what `next` gives until it gives nothing more. */
export const runPool = async (
  size: number,
  next: () => { readonly order: Order; readonly done: (answer: Answer | null) => void } | null
): Promise<void> => {
  const runOne = async (): Promise<void> => {
    let worker: ChildProcess | null = null
    for (let task = next(); task; task = next()) {
      worker ??= start()
      const answer = await ask(worker, task.order)
      if (answer === null) worker = null
      task.done(answer)
    }
    worker?.kill()
  }
  await Promise.all(Array.from({ length: size }, runOne))
}
