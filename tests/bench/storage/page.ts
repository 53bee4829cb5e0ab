/** The page of the measurements: its worker starts with it, as the app's does, and what a visit asks stands in its address. */
import type { Ask } from './measure.worker.ts'

/** Put into the page. `visited` is there once a visit is over. */
const SCRIPT = `
const worker = new Worker('/worker.js', { type: 'module' })
globalThis.ask = (message) => new Promise((resolve, reject) => {
  worker.onerror = (event) => reject(new Error(event.message))
  worker.onmessage = ({ data }) => {
    if (data.kind === 'answered') globalThis.answeredAt = performance.now()
    else if (data.kind === 'done') resolve(data.value)
    else reject(new Error(data.why))
  }
  worker.postMessage(message)
})
const { hash } = location
if (hash) globalThis.visited = ask(JSON.parse(decodeURIComponent(hash.slice(1))))
`
export const PAGE = `<!doctype html><title>store</title><script type="module">${SCRIPT}</script>`

export const addressOf = (base: string, ask: Ask): string =>
  `${base}#${encodeURIComponent(JSON.stringify(ask))}`

declare global {
  // Of the page, put there by the script above.
  var ask: (message: Ask) => Promise<unknown>
  var visited: Promise<Readonly<Record<string, number>>>
  var answeredAt: number
}
