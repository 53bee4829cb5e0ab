/** The architecture holds, and would be seen to break: each rule is also shown a violation that it must report. */
import { describe, expect, test } from 'vitest'
import {
  globalViolations,
  importCycles,
  importViolations,
  linesOf,
  mutableModuleState,
  nameViolations,
  sizeViolations,
} from './support/architecture/rules.ts'
import { screenText } from './support/architecture/screen-text.ts'
import { projectSources, type SourceText } from './support/architecture/source.ts'

const sources = projectSources()
const planted = (path: string, text: string): SourceText[] => [{ path, text }]

test('the project is really read', () => {
  const paths = sources.map(({ path }) => path)
  expect(paths).toContain('src/lib/result.ts')
  expect(paths).toContain('tests/architecture.test.ts')
})

describe('imports stay within their borders', () => {
  test('in the project', () => {
    expect(importViolations(sources)).toEqual([])
  })

  test.each([
    ['src/lib/a.ts', "import { b } from '../protocol/b.ts'"],
    ['src/lib/a.ts', "import { b } from 'uuid'"],
    ['src/protocol/a.ts', "import { b } from '../signal/b.ts'"],
    ['src/signal/a.ts', "export { b } from '../core/domain/b.ts'"],
    ['src/core/domain/a.ts', "import type { B } from '../ports/b.ts'"],
    ['src/core/messages/a.ts', "import { b } from '../contacts/b.ts'"],
    ['src/core/messages/a.ts', "import { b } from '../core.ts'"],
    ['src/core/messages/a.ts', "const b = await import('../../adapters/storage/b.ts')"],
    ['src/core/jobs/a.ts', "import { b } from '../messages/b.ts'"],
    ['src/core/core.ts', "import { readFile } from 'node:fs'"],
    ['src/adapters/network/a.ts', "import { b } from '../storage/b.ts'"],
    ['src/adapters/storage/a.ts', "import { b } from '../../signal/b.ts'"],
    ['src/adapters/network/a.ts', "import { b } from '../../core/messages/b.ts'"],
    ['src/client/a.ts', "import { b } from '../core/messages/send-message.ts'"],
    [
      'src/ui/features/chat/A.svelte',
      "<p>Hi</p>\n<script>import { b } from '../../../core/jobs/b.ts'</script>",
    ],
    ['src/ui/a.ts', "import { b } from '../protocol/relay-api.ts'"],
    ['service-worker/a.ts', "import { b } from '../src/core/domain/b.ts'"],
    ['relay-server/a.ts', "import { b } from '../src/adapters/network/b.ts'"],
    ['src/main.ts', "import { b } from '../tests/support/b.ts'"],
    ['scripts/a.ts', "import { b } from '../tests/support/b.ts'"],
  ])('%s may not say %s', (path, text) => {
    expect(importViolations(planted(path, text))).toHaveLength(1)
  })

  test.each([
    ['src/core/messages/a.ts', "import type { B } from '../domain/b.ts'\nimport { c } from './c.ts'"],
    ['src/client/a.ts', "import type { B } from '../core/messages/contract.ts'"],
    ['src/adapters/crypto/a.ts', "import { b } from '../../signal/b.ts'"],
    ['src/main.ts', "import { b } from './adapters/network/b.ts'"],
    ['src/ui/a.ts', "import type { B } from '../protocol/ids.ts'"],
  ])('%s may say %s', (path, text) => {
    expect(importViolations(planted(path, text))).toEqual([])
  })
})

test('no circles of imports', () => {
  expect(importCycles(sources)).toEqual([])
  const circle = [
    ...planted('src/lib/a.ts', "import { b } from './b.ts'"),
    ...planted('src/lib/b.ts', "import { c } from './c.ts'"),
    ...planted('src/lib/c.ts', "import { b } from './b.ts'\nimport type { A } from './a.ts'"),
  ]
  expect(importCycles(circle)).toEqual(['src/lib/b.ts → src/lib/c.ts → src/lib/b.ts'])
})

test('pure code uses no globals of one runtime', () => {
  expect(globalViolations(sources)).toEqual([])
  expect(globalViolations(planted('src/core/a.ts', 'window.open()'))).toEqual(['src/core/a.ts:1 uses window'])
  expect(globalViolations(planted('src/lib/a.ts', 'const { body } = document'))).toHaveLength(1)
  expect(
    globalViolations(planted('src/lib/a.ts', 'const f = (window: number) => window + a.document'))
  ).toEqual([])
})

test('no module keeps state', () => {
  expect(mutableModuleState(sources)).toEqual([])
  for (const text of [
    'let count = 0',
    'export let x: number',
    'const seen = new Map<string, number>()',
    'const list: number[] = []',
  ]) {
    expect(mutableModuleState(planted('src/core/a.ts', text))).toHaveLength(1)
  }
  const view = (attributes: string): SourceText[] =>
    planted('src/ui/A.svelte', `<script${attributes}>let open = 1</script>`)
  expect(mutableModuleState(view(' module'))).toHaveLength(1)
  expect(mutableModuleState(view(''))).toEqual([])
})

test('files are short', () => {
  expect(sizeViolations(sources)).toEqual([])
  expect(sizeViolations(planted('src/core/a.ts', 'a()\n'.repeat(501)))).toHaveLength(1)
  expect(sizeViolations(planted('src/main.ts', 'a()\n'.repeat(61)))).toHaveLength(1)
  expect(sizeViolations(planted('relay-server/db/migrations/0001-first.ts', 'a()\n'.repeat(501)))).toEqual([])
})

test('most files are much shorter: median at most 90 lines, nine in ten at most 300', () => {
  const lengths = sources
    .filter(({ path }) => /^(?:src|relay-server|service-worker)\//.test(path))
    .map(linesOf)
    .sort((a, b) => a - b)
  expect(lengths[Math.floor(lengths.length * 0.5)]).toBeLessThanOrEqual(90)
  expect(lengths[Math.floor(lengths.length * 0.9)]).toBeLessThanOrEqual(300)
})

test('names follow the style', () => {
  expect(nameViolations(sources)).toEqual([])
  expect(nameViolations(planted('src/core/sendMessage.ts', ''))).toHaveLength(1)
  expect(nameViolations(planted('src/ui/chat-list.svelte', ''))).toHaveLength(1)
  expect(nameViolations(planted('src/lib/a.ts', 'export default 1'))).toHaveLength(1)
  expect(nameViolations(planted('src/ui/features/chats/chat-list.svelte.ts', 'export const a = 1'))).toEqual(
    []
  )
})

test('the interface takes its words from the message catalogue', () => {
  expect(screenText(sources)).toEqual([])
  const said = (template: string): number => screenText(planted('src/ui/A.svelte', template)).length
  expect(said('<p>Hello <b>{name}</b></p>')).toBe(1)
  expect(said('<button aria-label="Close it" class="round small">×</button>')).toBe(1)
  expect(said('<img alt={m.photo()} src="a.png" />{#if a}<i>Oi, tudo</i>{/if}')).toBe(1)
  expect(said('<p>{m.hello({ name })} · <kbd>Enter</kbd></p><style>p { color: red }</style>')).toBe(0)
})
