import { expect, test } from 'vitest'
import { foldOf } from '../../../src/lib/fold.ts'

test.each([
  ['case and Latin accents', 'ÀÉÎÕÜ çñ ş', 'aeiou cn s'],
  ['two accents on one letter', 'Việt ưỡng ǟ', 'viet uong a'],
  ['strokes and ligatures', 'Łódź Øre Đà Ħal œuf Ærø þing', 'lodz ore da hal oeuf aero thing'],
  ['sharp s', 'Straße STRAẞE', 'strasse strasse'],
  ['dots of i', 'İstanbul ışık', 'istanbul isik'],
  ['Greek accents, breathings and the last sigma', 'Ὀδυσσεύς ϊ ΐ ΌΣΟΣ', 'οδυσσευσ ι ι οσοσ'],
  ['dots of Cyrillic ё and ї', 'Ёлка Київ', 'елка киів'],
  ['Cyrillic й is a letter', 'Йод', 'йод'],
  ['Hebrew points', 'שָׁלוֹם', 'שלום'],
  ['however many marks on one letter', 'שּׁ\u05b8\u05bd a\u0301\u0302\u0303\u0304\u0305', 'ש a'],
  ['Arabic points, long strokes and forms of letters', 'مُحَـــمَّد أحمد آن مدرسة على', 'محمد احمد ان مدرسه علي'],
  ['Persian letters', 'یک کتاب', 'يك كتاب'],
  ['full width', 'ＦＡＸ１２３', 'fax123'],
  ['half width', 'ｶﾞｷﾞ ﾊﾟﾝ', 'ガギ パン'],
  ['voicing of kana stays', 'がか', 'がか'],
  ['Korean in parts', '\u1112\u1161\u11ab\u1100\u116e\u11a8', '한국'],
  ['ligatures of print and raised figures', 'ﬁn m² 1º', 'fin m2 1o'],
  ['signs that stand for sentences stay', 'ﷺ', 'ﷺ'],
  ['emoji and symbols stay', '❤️ 👩‍👩‍👧 ™ … “a”', '❤️ 👩‍👩‍👧 ™ … “a”'],
])('%s', (_, text, folded) => {
  expect(foldOf(text)).toBe(folded)
  expect(foldOf(text.normalize('NFD'))).toBe(folded)
  expect(foldOf(text.normalize('NFC'))).toBe(folded)
})
