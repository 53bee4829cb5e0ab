import type { Store } from '../../../src/core/ports/storage.ts'
import { same, type Case } from './check.ts'
import { message, WITH_ANA } from './samples.ts'

const put = (store: Store, ...texts: readonly string[]): void =>
  store.transaction((tx) => {
    tx.conversations.put({ id: WITH_ANA, draft: '', unread: 0, activeAt: 0, readUpTo: null })
    texts.forEach((text, n) => tx.messages.insert(message(n, { text })))
  })
const excerpts = (store: Store, query: string, limit = 9): readonly string[] =>
  store.read((tx) =>
    tx.messages
      .search(query, limit)
      .map(({ excerpt }) => excerpt.replaceAll('\u0002', '[').replaceAll('\u0003', ']'))
  )

export const searchCases: readonly Case<Store>[] = [
  {
    name: 'words are found by their beginning, newest first, marked, no more than asked',
    run: (store) => {
      put(store, 'a parrot', 'nothing', 'two parrots', 'Parrot!')
      same(excerpts(store, 'parr'), ['[Parrot]!', 'two [parrots]', 'a [parrot]'])
      same(excerpts(store, 'parr', 2), ['[Parrot]!', 'two [parrots]'])
      same(excerpts(store, 'arrot'), [])
    },
  },
  {
    name: 'all words must be there, in any order',
    run: (store) => {
      put(store, 'green parrot', 'red parrot', 'parrot, green')
      same(excerpts(store, '  parrot   gr '), ['[parrot], [green]', '[green] [parrot]'])
    },
  },
  {
    name: 'accents and case do not matter',
    run: (store) => {
      put(store, 'Até amanhã, João', 'KÖLN', 'Ὀδυσσεύς', 'ЁЛКА')
      same(excerpts(store, 'amanha joao'), ['Até [amanhã], [João]'])
      same(excerpts(store, 'ÀMÃNHÁ'), ['Até [amanhã], João'])
      same(excerpts(store, 'koln'), ['[KÖLN]'])
      same(excerpts(store, 'ёлк'), ['[ЁЛКА]'])
    },
  },
  {
    name: 'Chinese, Japanese and Korean are found from the beginning of a run of characters',
    run: (store) => {
      put(store, '你好,世界', 'こんにちは 世界', '안녕하세요 여러분')
      same(excerpts(store, '世'), ['こんにちは [世界]', '你好,[世界]'])
      same(excerpts(store, 'こん'), ['[こんにちは] 世界'])
      same(excerpts(store, '여러'), ['안녕하세요 [여러분]'])
    },
  },
  {
    name: 'nothing that is typed is an operator or an error',
    run: (store) => {
      put(store, 'AND OR NOT NEAR', 'x AND y', 'say "hi" (now) col:umn a-b *')
      same(excerpts(store, 'NOT').length, 1)
      same(excerpts(store, 'x AND y').length, 1)
      for (const query of [
        '"',
        '""',
        '*',
        '(',
        ')',
        '^',
        ':',
        'text:',
        '-',
        '{',
        "'",
        '\u0000',
        '+',
        '""*',
        'NEAR(',
        '\ud800',
        ' ',
      ])
        same(Array.isArray(excerpts(store, query)), true, query)
      same(excerpts(store, '"hi"'), ['say "[hi]" (now) col:umn a-b *'])
      same(excerpts(store, 'a-b'), ['say "hi" (now) col:umn [a-b] *'])
      same(excerpts(store, '("now'), ['say "hi" ([now]) col:umn a-b *'])
      same(excerpts(store, ''), [])
      same(excerpts(store, 'word '.repeat(10_000)), [])
    },
  },
  {
    name: 'only texts are found, not notices or gaps',
    run: (store) => {
      put(store, 'findable')
      store.transaction((tx) => {
        tx.messages.insert(message(10, { kind: 'notice', text: 'contact-added' }))
        tx.messages.insert(message(11, { kind: 'gap', text: 'hidden' }))
      })
      same(
        store.read((tx) => [tx.messages.search('contact', 9), tx.messages.search('hidden', 9)]),
        [[], []]
      )
      same(excerpts(store, 'find'), ['[findable]'])
    },
  },
  {
    name: 'the excerpt of a long text is short and shows the match; the message is whole',
    run: (store) => {
      const text = `${'word '.repeat(5_000)}parrot ${'word '.repeat(5_000)}`
      put(store, text)
      const [hit] = store.read((tx) => tx.messages.search('parrot', 1))
      same(hit?.message.text, text)
      same(hit?.excerpt.includes('\u0002parrot\u0003') && hit.excerpt.length < 300, true, 'the excerpt')
    },
  },
]
