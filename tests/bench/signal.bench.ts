import { openBrowserBridge } from '../interop/signal/browser-bridge.ts'
import { createParty, type LibraryName } from '../interop/signal/party.ts'
import { mediansOf, runRound, type Figures } from './signal/scenarios.ts'

// One JSON line a figure: median milliseconds of ours, of the official native package in the same run, and their ratio.
// Limits are such ratios, but for a forged counter, which may cost so many milliseconds. They are judged in Chromium.
const LIMITS: Readonly<Record<keyof Figures, number | null>> = {
  setUp: 4,
  pingPong: 3,
  sameChain: 1.5,
  senderKey: 4,
  forgedCounter: 50,
  forgedCounterWalked: null,
}
const ROUNDS = 7
/** Until compilers have seen everything often enough. */
const WARM_UPS = 3

const inNode = (name: LibraryName) => (): Promise<Figures> =>
  runRound((options) => [createParty(name, 'alice', 1, options), createParty(name, 'bob', 1, options)])

const isWithin = (figure: keyof Figures, ours: number, native: number): boolean => {
  const limit = LIMITS[figure]
  if (limit === null) return true
  return (figure === 'forgedCounter' ? ours : ours / native) <= limit
}

/** Prints the figures of one place; answers whether all are within their limits. */
const report = (where: string, ours: Figures, native: Figures): boolean => {
  const results = (Object.keys(LIMITS) as (keyof Figures)[]).map((figure) => {
    const ok = isWithin(figure, ours[figure], native[figure])
    const line = {
      bench: 'signal',
      figure,
      where,
      unit: 'ms',
      ours: Number(ours[figure].toFixed(3)),
      native: Number(native[figure].toFixed(3)),
      ratio: Number((ours[figure] / native[figure]).toFixed(2)),
      limit: LIMITS[figure],
      ok,
    }
    process.stdout.write(`${JSON.stringify(line)}\n`)
    return ok
  })
  return !results.includes(false)
}

const browser = await openBrowserBridge()
try {
  // In turns, so that what else the machine does weighs on all alike.
  const sides = [
    { run: inNode('official'), rounds: [] as Figures[] },
    { run: inNode('ours'), rounds: [] as Figures[] },
    { run: () => browser.call('bench'), rounds: [] as Figures[] },
  ] as const
  for (let round = 0; round < WARM_UPS + ROUNDS; round++) {
    for (const { run, rounds } of sides) {
      const figures = await run()
      if (round >= WARM_UPS) rounds.push(figures)
    }
  }
  const [native, node, chromium] = sides.map(({ rounds }) => mediansOf(rounds)) as [Figures, Figures, Figures]
  report('node', node, native)
  process.exitCode = report(`chromium ${browser.version}`, chromium, native) ? 0 : 1
} finally {
  await browser.close()
}
