import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Rolldown } from 'vite'
import { expect, test } from 'vitest'
import { coreWorker, preloaded } from '../../../vite/core-worker.ts'
import { withoutUnusedParts } from '../../../vite/sqlite-parts.ts'
import { newFolder } from '../../support/profile.ts'

const ENGINE = 'node_modules/@evolu/sqlite-wasm/sqlite-wasm/jswasm/sqlite3-bundler-friendly.mjs'

test('the engine goes out without the workers and virtual tables that are never run, and with its pool', async () => {
  const code = await readFile(ENGINE, 'utf8')
  const cut = withoutUnusedParts(code)
  expect(code.length - cut.length).toBeGreaterThan(50_000)
  expect(cut).not.toMatch(/worker1|sqlite3-opfs-async-proxy|setupModule/)
  expect(cut).toMatch(/sqlite3\.installOpfsSAHPoolVfs = async function/)
  expect(cut).toMatch(/sqlite3\.vfs = vfs/)
})

test('an engine that is cut otherwise is not built in silence', async () => {
  const code = await readFile(ENGINE, 'utf8')
  expect(() => withoutUnusedParts(code.replaceAll('installOpfsVfs', 'installOtherVfs'))).toThrow('not where')
})

test('what the page and its core worker both need is shipped once, and the worker preloads nothing', async () => {
  await using folder = await newFolder('build')
  const source = join(folder.path, 'src')
  await mkdir(source)
  const files = {
    'page.ts': `import url from './core.worker.ts?worker&url'\nimport { both } from './both.ts'\nconsole.log(url, both())\nvoid import('./later.ts')`,
    'core.worker.ts': `import { both } from './both.ts'\nconsole.log(both())\nvoid import('./later.ts')`,
    'both.ts': `export const both = () => globalThis.name + ' needed by both'`,
    'later.ts': `import { both } from './both.ts'\nconsole.log('later', both())`,
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(source, name), text)
  const { output } = (await build({
    root: folder.path,
    configFile: false,
    logLevel: 'silent',
    plugins: [coreWorker()],
    build: {
      write: false,
      modulePreload: { polyfill: false, resolveDependencies: preloaded },
      rolldownOptions: { input: join(source, 'page.ts') },
    },
  })) as Rolldown.RolldownOutput
  const chunks = output.filter((part) => part.type === 'chunk')
  expect(chunks.filter(({ code }) => code.includes('needed by both'))).toHaveLength(1)
  const worker = chunks.find(({ name }) => name === 'core.worker')
  const page = chunks.find(({ name }) => name === 'page')
  expect(page?.code).toContain(worker?.fileName.split('/').at(-1))
  expect(page?.code).toContain('__vite__mapDeps')
  expect(worker?.code).toMatch(/import\(`\.\/later/)
  expect(worker?.code).not.toContain('__vite__mapDeps')
})
