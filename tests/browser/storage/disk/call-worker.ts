/** Sends a worker its one task and answers with what came of it; the worker ends with that. */
export const callWorker = <Task, Result>(worker: Worker, task: Task): Promise<Result> =>
  new Promise<Result>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Result>) => resolve(data)
    worker.onerror = (event) => reject(new Error(event.message))
    worker.postMessage(task)
  }).finally(() => worker.terminate())
