import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** The only form of an excuse: one line or branch, and why. */
const EXCUSE = /\/\* v8 ignore next -- \S.* \*\//
const MOST = 0.01

test('fewer than one line in a hundred is excused from coverage, each with a reason', () => {
  const lines = globSync('src/signal/**/*.ts').flatMap((path) => readFileSync(path, 'utf8').split('\n'))
  const excused = lines.filter((line) => /(v8|c8|istanbul|node:coverage) ignore/.test(line))
  expect(excused.filter((line) => !EXCUSE.test(line))).toEqual([])
  expect(excused.length / lines.length).toBeLessThan(MOST)
})
