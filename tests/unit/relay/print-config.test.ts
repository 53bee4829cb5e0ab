import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { parseEnv, promisify } from 'node:util'
import { expect, test } from 'vitest'
import { settingRows } from '../../../relay-server/commands/print-config.ts'
import { readConfig } from '../../../relay-server/config.ts'
import { SETTINGS } from '../../../relay-server/settings.ts'

const run = promisify(execFile)

test('the README’s table is the table of the code', async () => {
  const readme = await readFile('README.md', 'utf8')
  const [, table = ''] = /<!-- settings -->\n([^]*?)<!-- \/settings -->/.exec(readme) ?? []
  const lines = settingRows().map(
    ({ name, fallback, meaning }) => `| \`${name}\` | ${fallback} | ${meaning} |`
  )
  expect(table.trim().split('\n')).toEqual([
    '| variable | default | meaning |',
    '| --- | --- | --- |',
    ...lines,
  ])
})

test('--print-config names every variable, and its defaults are those that hold', async () => {
  const { stdout } = await run(process.execPath, ['relay-server/main.ts', '--print-config'])
  const uncommented = stdout.replaceAll(/^#(?=[A-Z\d_]+=)/gm, '')
  const printed = parseEnv(uncommented)
  expect(Object.keys(printed).sort()).toEqual(Object.keys(SETTINGS).sort())
  expect(readConfig(printed)).toEqual(readConfig({}))
  for (const { reason } of settingRows()) expect(stdout.replaceAll('\n# ', ' ')).toContain(reason)
})

test('a command that is not known is answered with those that are', async () => {
  await expect(run(process.execPath, ['relay-server/main.ts', 'fly', 'high'])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('that is no command') as string,
  })
})
