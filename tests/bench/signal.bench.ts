import { openBrowserBridge } from '../interop/signal/browser-bridge.ts'
import { createParty, type LibraryName } from '../interop/signal/party.ts'
import { runScenarios, type Figures } from './signal/scenarios.ts'

// One JSON line a figure: median milliseconds of ours, of the official native package in the same run, and their ratio.
// Limits are such ratios, but for a forged counter, which may cost so many milliseconds.
const LIMITS: Readonly<Record<keyof Figures, number>> = {
  setUp: 4,
  pingPong: 3,
  sameChain: 1.5,
  senderKey: 4,
  forgedCounter: 50,
}

const inNode = (name: LibraryName): Promise<Figures> =>
  runScenarios(() => [createParty(name, 'alice'), createParty(name, 'bob')] as const)

const report = (where: string, ours: Figures, native: Figures, isJudged: boolean): boolean => {
  let isGood = true
  for (const figure of Object.keys(LIMITS) as (keyof Figures)[]) {
    const ratio = ours[figure] / native[figure]
    const isWithin = (figure === 'forgedCounter' ? ours[figure] : ratio) <= LIMITS[figure]
    if (isJudged && !isWithin) isGood = false
    const line = {
      bench: 'signal',
      figure,
      where,
      unit: 'ms',
      ours: Number(ours[figure].toFixed(3)),
      native: Number(native[figure].toFixed(3)),
      ratio: Number(ratio.toFixed(2)),
      limit: LIMITS[figure],
      ok: isWithin,
    }
    process.stdout.write(`${JSON.stringify(line)}\n`)
  }
  return isGood
}

const native = await inNode('official')
report('node', await inNode('ours'), native, false)
const browser = await openBrowserBridge()
try {
  const isGood = report(`chromium ${browser.version}`, await browser.call('bench'), native, true)
  process.exitCode = isGood ? 0 : 1
} finally {
  await browser.close()
}
