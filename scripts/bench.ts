/** `npm run bench`: every figure of `tests/bench`, one JSON line each. `npm run bench -- name` runs only that file. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureBuilt } from './lib/build.ts'
import { requireChromium } from './lib/chromium.ts'
import { run, stop } from './lib/run.ts'

const FOLDER = 'tests/bench'
const ENDING = '.bench.ts'

if (!(await ensureBuilt())) stop('The page could not be built; the lines above say why.')
const env = { CHROMIUM_PATH: await requireChromium() }
const wanted = process.argv.slice(2)
const files = (await readdir(FOLDER)).filter((file) => file.endsWith(ENDING)).sort()
const chosen = files.filter((file) => wanted.length === 0 || wanted.includes(file.slice(0, -ENDING.length)))
if (chosen.length === 0) stop(`There is no such figure in ${FOLDER}.`)

let failed = false
for (const file of chosen) {
  if ((await run(process.execPath, [join(FOLDER, file)], { env })) !== 0) failed = true
}
process.exit(failed ? 1 : 0)
