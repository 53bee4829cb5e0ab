import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const OFFICIAL = "'@signalapp/libsignal-client'"
const OURS = new URL('../../../../src/signal/index.ts', import.meta.url)
const STORY = fileURLToPath(new URL('story.ts', import.meta.url))

/** What the program prints, run by this Node. */
const run = async (file: string): Promise<unknown> =>
  JSON.parse((await promisify(execFile)(process.execPath, [file])).stdout)

test('code written for the official library runs here when its import is changed', async () => {
  const story = await readFile(STORY, 'utf8')
  expect(story.split(OFFICIAL)).toHaveLength(2)
  const folder = await mkdtemp(join(import.meta.dirname, '.changed-'))
  try {
    const changed = join(folder, 'story.ts')
    await writeFile(changed, story.replace(OFFICIAL, `'${OURS.href}'`))
    const expected = [true, 'hello', 0, 0, true, 0, 4, 'hi', true, true]
    expect(await run(STORY)).toEqual(expected)
    expect(await run(changed)).toEqual(expected)
  } finally {
    await rm(folder, { recursive: true })
  }
})
