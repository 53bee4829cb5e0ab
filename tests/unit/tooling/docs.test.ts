/** What the documents point to is there. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const DOCUMENTS = globSync(['*.md', '{docs,src,patches,examples,relay-server,tests}/**/*.md'])
const LINK = /\]\((?!https?:|mailto:)([^)#\s]+)/g

/** Relative links of a document, each as a path from the project's folder. */
const linksOf = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(LINK)].map(([, to = '']) => join(dirname(path), to))

test('no link of a document leads nowhere', () => {
  const links = DOCUMENTS.flatMap((path) => linksOf(path).map((to) => ({ path, to })))
  expect(links.map(({ to }) => to)).toContain('docs/ARCHITECTURE.md')
  expect(links.filter(({ to }) => !existsSync(to))).toEqual([])
})

test('decisions are numbered one after the other', () => {
  const numbers = readdirSync('docs/decisions')
    .filter((name) => name !== 'README.md')
    .map((name) => Number(name.slice(0, 4)))
    .sort((a, b) => a - b)
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
})
