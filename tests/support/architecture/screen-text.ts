/** Words that people would read on screen, written into a template and not into the message catalogue. */
import { parse, type AST } from 'svelte/compiler'
import type { SourceText } from './source.ts'

/** Attributes that are shown or read aloud. */
const SPOKEN = new Set([
  'alt',
  'aria-description',
  'aria-label',
  'aria-roledescription',
  'aria-valuetext',
  'label',
  'placeholder',
  'title',
])
/** One letter alone is a mark, as in a keyboard shortcut. */
const WORDS = /\p{L}{2,}/u
/** What has the same name in every language. */
const NAMES = /^(?:MePassa|Esc|Enter|Ctrl|Shift|Alt|Tab)$/

/** Literal text of Svelte templates, each with its line. */
export function screenText(sources: readonly SourceText[]): string[] {
  return sources
    .filter(({ path }) => path.endsWith('.svelte'))
    .flatMap(({ path, text }) => {
      const found: string[] = []
      const report = (node: { start: number }, words: string): void => {
        const line = text.slice(0, node.start).split('\n').length
        found.push(`${path}:${line} says ${JSON.stringify(words)}`)
      }
      visit(parse(text, { modern: true }).fragment, report)
      return found
    })
}

type Report = (node: { start: number }, words: string) => void

function visit(value: unknown, report: Report): void {
  if (Array.isArray(value)) return value.forEach((one) => visit(one, report))
  if (typeof value !== 'object' || value === null) return
  const node = value as { type?: string }
  if (node.type === 'StyleSheet' || node.type === 'Comment') return
  if (node.type === 'Attribute') return visitAttribute(value as AST.Attribute, report)
  if (node.type === 'Text') {
    const text = value as AST.Text
    const words = text.data.trim()
    if (WORDS.test(words) && !NAMES.test(words)) report(text, words)
    return
  }
  Object.values(value).forEach((one) => visit(one, report))
}

function visitAttribute({ name, value }: AST.Attribute, report: Report): void {
  if (value === true) return
  if (SPOKEN.has(name)) return visit(value, report)
  // Of other attributes only snippets and functions inside can hold text of the page.
  for (const part of Array.isArray(value) ? value : [value]) if (part.type !== 'Text') visit(part, report)
}
