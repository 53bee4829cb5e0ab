import { ensureBuilt } from '../../scripts/lib/build.ts'
import { freePort } from '../support/free-port.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { chatListTimes } from './app/chat-list.ts'
import { median, report } from './app/figures.ts'

// From navigation to a usable chat list in Chromium, with few and with many conversations behind it.
const FEW = 10
const MANY = 10_000
const MESSAGES_EACH = 10
const RUNS = 7
const LIMIT = 1.5

if (!(await ensureBuilt())) throw new Error('The page does not build.')
await using folder = await newFolder('bench-relay')
const port = await freePort()
const relay = await startRelayProcess({
  dataDir: folder.path,
  port,
  publicUrl: `http://localhost:${port}`,
  env: { WEBRTC_PORT: 'off' },
})
try {
  const few = await chatListTimes(relay.url, FEW, MESSAGES_EACH, RUNS)
  const many = await chatListTimes(relay.url, MANY, MESSAGES_EACH, RUNS)
  for (const figure of ['shown', 'usable'] as const) {
    const ratio = median(many[figure]) / median(few[figure])
    report(
      `navigation to chat list, ${figure}`,
      { unit: 'ms', few: median(few[figure]), many: median(many[figure]), ratio, limit: LIMIT },
      ratio <= LIMIT
    )
  }
  report('page after start', { unit: 'MiB of JavaScript', few: few.pageHeap, many: many.pageHeap })
} finally {
  await relay.kill()
}
