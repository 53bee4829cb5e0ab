/** What npm runs of strangers' code as it installs: `npm ci` must do without a compiler, as in the image and on a small server. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as v from 'valibot'

const EntrySchema = v.object({ gypfile: v.optional(v.boolean()), hasInstallScript: v.optional(v.boolean()) })
const LockSchema = v.object({ packages: v.record(v.string(), EntrySchema) })
const PackageSchema = v.object({
  gypfile: v.optional(v.boolean()),
  scripts: v.optional(v.record(v.string(), v.string()), {}),
  allowScripts: v.optional(v.record(v.string(), v.boolean()), {}),
})

const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))
const { packages } = v.parse(LockSchema, await read('package-lock.json'))
const installed = Object.entries(packages).filter(
  ([path]) => path !== '' && existsSync(join(path, 'package.json'))
)

test('nothing is compiled: the lock file repeats what a package says of itself, which npm leaves out and then forgets', async () => {
  const compiled = installed.filter(([path]) => existsSync(join(path, 'binding.gyp')))
  expect(compiled.map(([path]) => path)).toContain('node_modules/better-sqlite3-multiple-ciphers')
  for (const [path, { gypfile }] of compiled) {
    // A new one that means to be compiled is for whoever brings it to think about.
    expect(v.parse(PackageSchema, await read(join(path, 'package.json'))).gypfile, path).toBe(false)
    expect(
      gypfile,
      `"gypfile": false is missing at ${path} in package-lock.json; see patches/README.md`
    ).toBe(false)
  }
})

test('each package that would run something as it is installed is allowed to, or not, by name', async () => {
  const { allowScripts } = v.parse(PackageSchema, await read('package.json'))
  const asking = installed.filter(([, { hasInstallScript }]) => hasInstallScript === true)
  expect(asking.length).toBeGreaterThan(0)
  for (const [path] of asking) expect(allowScripts).toHaveProperty([path.replace(/^.*node_modules\//, '')])
  // The Node that everything runs on is fetched by such a script.
  expect(allowScripts['node']).toBe(true)
})
