import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import { expect, test } from 'vitest'
import { budgets, BUDGETS } from '../../../vite/budgets.ts'
import { precacheEntries, serviceWorker } from '../../../vite/service-worker.ts'
import { newFolder } from '../../support/profile.ts'

/** Noise that no compression makes smaller than `length` bytes. */
const incompressible = (length: number): string => randomBytes(Math.ceil(length)).toString('base64')

/** A small page with one part loaded at once and one later, and a service worker that prints its list. */
async function page(root: string, eager: string, lazy = 'later'): Promise<void> {
  await mkdir(join(root, 'src'))
  await mkdir(join(root, 'service-worker'))
  await mkdir(join(root, 'public/screenshots'), { recursive: true })
  await writeFile(join(root, 'index.html'), '<script type="module" src="/src/main.ts"></script>')
  await writeFile(
    join(root, 'src/main.ts'),
    `import { eager } from './eager.ts'\ndocument.title = eager\nvoid import('./lazy.ts').then((m) => console.log(m.lazy))`
  )
  await writeFile(join(root, 'src/eager.ts'), `export const eager = '${eager}'`)
  await writeFile(join(root, 'src/lazy.ts'), `export const lazy = '${lazy}'`)
  await writeFile(
    join(root, 'service-worker/index.ts'),
    'console.log(self.__WB_MANIFEST, process.env.NODE_ENV)'
  )
  await writeFile(join(root, 'public/icon.svg'), '<svg/>')
  await writeFile(join(root, 'public/screenshots/wide.png'), 'png')
}

const run = (root: string): Promise<unknown> =>
  build({ root, configFile: false, logLevel: 'silent', plugins: [serviceWorker(), budgets()] })

test('the service worker keeps every file of the page, and only a hashed name stands for its content', async () => {
  await using folder = await newFolder('build')
  await page(folder.path, 'at once')
  await run(folder.path)
  const entries = await precacheEntries(join(folder.path, 'dist'))
  expect(entries.map(({ url }) => url.replace(/-[\w-]{8}\./, '-HASH.'))).toEqual([
    '/assets/index-HASH.js',
    '/assets/lazy-HASH.js',
    '/icon.svg',
    '/index.html',
  ])
  for (const { url, revision } of entries) {
    expect(revision, url).toEqual(url.startsWith('/assets/') ? null : expect.stringMatching(/^[0-9a-f]{64}$/))
  }
  const worker = await readFile(join(folder.path, 'dist/sw.js'), 'utf8')
  expect(worker).toContain(entries[0]?.url)
  expect(worker).not.toMatch(/\bimport\b|__WB_MANIFEST|process\.env/)
})

test('a page that grew past its first-paint budget is not built', async () => {
  await using folder = await newFolder('build')
  await page(folder.path, incompressible(BUDGETS.firstPaint * 1.1))
  await expect(run(folder.path)).rejects.toThrow('Over budget: JavaScript for first paint')
})

test('what is loaded later counts for the whole alone', async () => {
  await using folder = await newFolder('build')
  await page(folder.path, 'small', incompressible(BUDGETS.firstPaint * 1.1))
  await expect(run(folder.path)).resolves.toBeDefined()
  await writeFile(
    join(folder.path, 'src/lazy.ts'),
    `export const lazy = '${incompressible(BUDGETS.everything * 1.1)}'`
  )
  await expect(run(folder.path)).rejects.toThrow('Over budget: everything')
})
