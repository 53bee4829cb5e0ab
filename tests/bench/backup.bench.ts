/**
 * Memory that a browser takes to restore a backup and to save it again, beyond what it held before: 64 MiB and a gibibyte, so that the growth can be seen.
 * `npm run bench -- backup 256` takes that size instead, in MiB; `backup chromium` one browser.
 */
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureBuilt } from '../../scripts/lib/build.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { report } from './app/figures.ts'
import { inChromium, inFirefox } from './backup/browsers.ts'
import { makeBackupFile } from './backup/make-file.ts'
import type { Peak } from './backup/peak-memory.ts'

const MIB = 2 ** 20
const SIZES = [64, 1_024]
/** Of a gibibyte no more than this may be in memory at once, MiB. */
const LIMIT = 512
const BROWSERS = { chromium: inChromium, firefox: inFirefox }

const wanted = process.argv.slice(2)
const numbers = wanted.map(Number).filter((size) => size > 0)
const named = Object.entries(BROWSERS).filter(([name]) => wanted.includes(name))

if (!(await ensureBuilt())) throw new Error('The page does not build.')
await using folder = await newFolder('bench-backup')
for (const size of numbers.length > 0 ? numbers : SIZES)
  for (const [name, measure] of named.length > 0 ? named : Object.entries(BROWSERS)) {
    const place = join(folder.path, `${name}-${size}`)
    await mkdir(place)
    // A restore takes the account to a new device: each has one of its own.
    const relay = await startRelayProcess({ dataDir: join(place, 'relay'), env: { WEBRTC_PORT: 'off' } })
    try {
      const file = join(place, 'all.mepassa')
      const messages = await makeBackupFile(file, relay.url, size * MIB)
      const bytes = (await stat(file)).size
      const { restore, save, saved } = await measure({ folder: place, relay: relay.url, file })
      const tell = (figure: string, { before, peak, seconds }: Peak, isWhole: boolean): void => {
        const more = (peak - before) / MIB
        const line = { messages, file: bytes / MIB, before: before / MIB, more, limit: LIMIT, seconds }
        report(`backup, ${figure} in ${name}`, { unit: 'MiB', ...line }, isWhole && more <= LIMIT)
      }
      tell('restored', restore, true)
      tell('saved again', save, Math.abs(saved / bytes - 1) < 0.01)
    } finally {
      await relay.kill()
    }
  }
