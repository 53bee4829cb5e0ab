import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { OPERATIONS } from '../../../relay-server/http/operations.ts'
import { RELAY_PATHS } from '../../../src/protocol/relay-api.ts'
import { openApi } from '../../support/openapi.ts'

const FILE = 'relay-server/http/openapi.json'

test('the document that relays serve is made of the schemas of today', async () => {
  // `vitest -u` writes it anew.
  await expect(`${JSON.stringify(openApi(), null, 2)}\n`).toMatchFileSnapshot(`../../../${FILE}`)
})

test('it tells of every path, and its references lead somewhere', async () => {
  expect(new Set(OPERATIONS.map(({ path }) => path))).toEqual(new Set(Object.values(RELAY_PATHS)))
  const document = JSON.parse(await readFile(FILE, 'utf8')) as Record<string, unknown>
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
    ([, path = '']) => path
  )
  expect(references.length).toBeGreaterThan(10)
  for (const path of references) {
    const target = path
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], document)
    expect(target).toBeTypeOf('object')
  }
})
