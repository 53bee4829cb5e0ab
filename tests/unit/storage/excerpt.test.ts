import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { excerptOf, MARK } from '../../../src/adapters/storage/rows/excerpt.ts'
import { RUNS } from '../../support/bytes.ts'

const marked = (text: string): string => `${MARK.from}${text}${MARK.to}`

describe('the excerpt of a marked text', () => {
  test('is the whole of a short one', () => {
    expect(excerptOf(`a ${marked('parrot')} flies`)).toBe(`a ${marked('parrot')} flies`)
    expect(excerptOf('')).toBe('')
  })

  test('begins a little before the first match and ends with a closed mark', () => {
    const excerpt = excerptOf(`${'a'.repeat(500)}${marked('b'.repeat(500))}${'c'.repeat(500)}`)
    expect(excerpt).toBe(`…${'a'.repeat(40)}${MARK.from}${'b'.repeat(199)}${MARK.to}…`)
  })

  test('is short, cuts no character in two and leaves no mark open, whatever the text', () => {
    // Marks in the text itself are taken out before it is marked.
    const plain = (text: string): string => text.replaceAll(MARK.from, '').replaceAll(MARK.to, '')
    const part = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }).map(plain),
      fc.constantFrom('🦜'.repeat(90), 'x'.repeat(150)),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }).map((text) => marked(plain(text)))
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        const text = parts.join('')
        fc.pre(text.isWellFormed())
        const excerpt = excerptOf(text)
        expect(excerpt.length).toBeLessThanOrEqual(244)
        expect(excerpt.isWellFormed()).toBe(true)
        expect(excerpt.lastIndexOf(MARK.from)).toBeLessThanOrEqual(excerpt.lastIndexOf(MARK.to))
      }),
      RUNS
    )
  })
})
