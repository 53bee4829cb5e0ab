/**
 * `npm run bench`: every figure of `tests/bench`, one JSON line each. `npm run bench -- name` runs only that file, and
 * `npm run bench -- name piece` only a piece of it.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureBuilt } from './lib/build.ts'
import { requireChromium } from './lib/chromium.ts'
import { run, stop } from './lib/run.ts'

const FOLDER = 'tests/bench'
const ENDING = '.bench.ts'

const wanted = process.argv.slice(2)
const nameOf = (file: string): string => file.slice(0, -ENDING.length)
const files = (await readdir(FOLDER)).filter((file) => file.endsWith(ENDING)).sort()
const chosen = files.filter((file) => wanted.length === 0 || wanted.includes(nameOf(file)))
if (chosen.length === 0) stop(`There is no such figure in ${FOLDER}.`)
const pieces = wanted.filter((name) => !chosen.some((file) => nameOf(file) === name))

// The relay's figures need no page and no browser.
const isPageNeeded = chosen.some((file) => nameOf(file) !== 'relay')
if (isPageNeeded && !(await ensureBuilt())) stop('The page could not be built; the lines above say why.')
const env = isPageNeeded ? { CHROMIUM_PATH: await requireChromium() } : {}

let failed = false
for (const file of chosen) {
  if ((await run(process.execPath, [join(FOLDER, file), ...pieces], { env })) !== 0) failed = true
}
process.exit(failed ? 1 : 0)
