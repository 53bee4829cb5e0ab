/** What `buf generate` writes is checked in: this shows that it belongs to the schemas beside it. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { newFolder } from '../../support/profile.ts'

const GENERATED = 'src/protocol/gen'

test('the generated protobuf code is that of the schemas', async () => {
  await using folder = await newFolder('buf')
  await promisify(execFile)('node_modules/.bin/buf', ['generate', '-o', folder.path])
  const fresh = join(folder.path, GENERATED)
  const names = (await readdir(fresh)).sort()
  expect((await readdir(GENERATED)).sort()).toEqual(names)
  expect(names.length).toBeGreaterThan(0)
  for (const name of names) {
    expect(await readFile(join(GENERATED, name), 'utf8'), name).toBe(
      await readFile(join(fresh, name), 'utf8')
    )
  }
})
