/** A window's way to its worker, where the worker is the test's own: what the window does when it hears nothing. */
import { afterEach, expect, test } from 'vitest'
import { createCoreLink } from '../../../src/host/core-link.ts'
import type { ToWindow } from '../../../src/workers/control.ts'
import { createHandClock } from './hand-clock.ts'

/** A worker that does what the test says, and by itself nothing. */
class StubWorker extends EventTarget {
  readonly received: unknown[] = []
  isTerminated = false
  onerror = null
  onmessage = null
  onmessageerror = null
  postMessage(message: unknown, transfer?: Transferable[] | StructuredSerializeOptions): void {
    this.received.push(message)
    for (const port of Array.isArray(transfer) ? transfer : [])
      if (port instanceof MessagePort) ports.push(port)
  }
  terminate(): void {
    this.isTerminated = true
  }
  says(message: ToWindow): void {
    this.dispatchEvent(new MessageEvent('message', { data: message }))
  }
}

const HOUR = 3_600_000
const ports: MessagePort[] = []
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
  for (const port of ports.splice(0)) port.close()
})

const open = () => {
  const clock = createHandClock()
  const workers: StubWorker[] = []
  const link = createCoreLink({
    spawn: () => {
      const worker = new StubWorker()
      workers.push(worker)
      return worker
    },
    scope: `test-${crypto.randomUUID()}`,
    origin: 'http://localhost:9',
    isExpected: () => false,
    locks: navigator.locks,
    clock,
    newId: () => crypto.randomUUID(),
    onControl: () => undefined,
    onGone: () => undefined,
  })
  ends.push(link.suspend)
  link.resume()
  return { clock, workers, link }
}

test('a worker that ends before it said that it lives is followed by another', () => {
  const { clock, workers } = open()
  clock.pass(4_000)
  expect(workers).toHaveLength(1)
  clock.pass(2_000)
  expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([true, false])
  expect(workers[1]?.received[0]).toMatchObject({ type: 'join' })
})

test('each next one is given longer, so that one whose code comes slowly can begin', () => {
  const { clock, workers } = open()
  clock.pass(6_000)
  clock.pass(8_000)
  expect(workers).toHaveLength(2)
  clock.pass(3_000)
  expect(workers).toHaveLength(3)
  clock.pass(HOUR)
  expect(workers.length).toBeGreaterThan(10)
  expect(workers.filter(({ isTerminated }) => !isTerminated)).toHaveLength(1)
})

test.each<ToWindow>([{ type: 'alive' }, { type: 'unsupported' }])(
  'a worker that has said “$type” is left alone, however long it takes',
  (word) => {
    const { clock, workers } = open()
    workers[0]?.says(word)
    clock.pass(HOUR)
    expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([false])
  }
)

test('a page that is put aside while its worker starts begins no other', () => {
  const { clock, workers, link } = open()
  link.suspend()
  clock.pass(HOUR)
  expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([true])
})
