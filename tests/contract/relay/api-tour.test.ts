/** The tour of docs/API.md, walked. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { newFolder } from '../../support/profile.ts'
import { startTestRelay } from './kit/relay.ts'

const run = promisify(execFile)

test('every command of the API tour works, and prints what the tour says', async () => {
  const text = await readFile('docs/API.md', 'utf8')
  const blocks = [...text.matchAll(/^```(bash|text)\n([^]*?)^```$/gm)].map(([, kind, body = '']) => ({
    kind,
    body,
  }))
  const script = blocks.flatMap(({ kind, body }) => (kind === 'bash' ? [body] : []))
  const expected = blocks.flatMap(({ kind, body }) => (kind === 'text' ? [body] : []))
  expect([script.length, expected.length]).toEqual([13, 10])

  await using relay = await startTestRelay()
  await using folder = await newFolder('tour')
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script.join('\n')], {
    cwd: folder.path,
    env: { PATH: process.env['PATH'], RELAY: relay.url },
  })
  // … stands for what differs each time.
  const pattern = expected
    .join('')
    .split('…')
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  expect(stdout).toMatch(new RegExp(`^${pattern.join('[^\\n]*')}$`))
})
