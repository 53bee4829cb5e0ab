import type { Message } from '../../../src/core/domain/message.ts'
import type { SearchPage, SearchPlace, SearchQuery, Store } from '../../../src/core/ports/storage.ts'
import { same, type Case } from './check.ts'
import { anywhere, BEN, message, OWN, WITH_ANA, WITH_BEN } from './samples.ts'

const put = (store: Store, ...texts: readonly string[]): void =>
  store.transaction((tx) => {
    tx.conversations.put({ id: WITH_ANA, draft: '', activeAt: 0 })
    texts.forEach((text, n) => tx.messages.insert(message(n, { text })))
  })
const excerpts = (store: Store, query: string, limit = 9): readonly string[] =>
  store
    .search(anywhere(query), null, limit)
    .hits.map(({ excerpt }) => excerpt.replaceAll('\u0002', '[').replaceAll('\u0003', ']'))

export const searchCases: readonly Case<Store>[] = [
  {
    name: 'words are found by their beginning, newest first, marked, no more than asked; then what has them inside',
    run: (store) => {
      put(store, 'a parrot', 'nothing', 'two parrots', 'Parrot!', 'macawparrot')
      same(excerpts(store, 'parr'), ['[Parrot]!', 'two [parrots]', 'a [parrot]', 'macaw[parr]ot'])
      same(excerpts(store, 'parr', 2), ['[Parrot]!', 'two [parrots]'])
      same(excerpts(store, 'arrot'), ['macawp[arrot]', 'P[arrot]!', 'two p[arrot]s', 'a p[arrot]'])
      same(excerpts(store, 'macaw rot'), ['[macawparrot]'])
      same(excerpts(store, 'p'), [])
      same(excerpts(store, 'a'), ['[a] parrot'], 'a letter alone is a word')
    },
  },
  {
    name: 'a last word of which one letter is typed finds what begins with it too, after what has it as a word',
    run: (store) => {
      put(store, 'plan boat', 'Anna Karenina', 'Anna and I', 'plan b is ready')
      same(excerpts(store, 'anna k'), ['[Anna] [K]arenina'])
      same(excerpts(store, 'plan b'), ['[plan] [b] is ready', '[plan] [b]oat'])
    },
  },
  {
    name: 'a Chinese word is found once, also where other letters follow at once',
    run: (store) => {
      put(store, '使用微信app', '微信')
      same(excerpts(store, '微信'), ['[微信]', '使用[微信]app'])
      same(excerpts(store, '"微信"'), ['[微信]', '使用[微信]app'])
    },
  },
  {
    name: 'page after page gives everything once, words first, however many pages',
    run: (store) => {
      const words = Array.from({ length: 23 }, (_, n) => `parrot ${n}`)
      const parts = Array.from({ length: 700 }, (_, n) => `macawparrot ${n}`)
      put(store, ...parts.slice(0, 350), ...words, ...parts.slice(350))
      const found: string[] = []
      let place: SearchPlace | null = null
      let pages = 0
      do {
        const page: SearchPage = store.search(anywhere('parrot'), place, 40)
        found.push(...page.hits.map(({ message }) => message.text))
        place = page.next
        pages++
      } while (place !== null)
      same(found, [...words.toReversed(), ...parts.toReversed()])
      same(pages > 17, true, `${pages} pages`)
    },
  },
  {
    name: 'words between quotation marks stand together as they are; one mark alone means nothing',
    run: (store) => {
      put(store, 'red parrot', 'parrot red', 'red parrots', 'red, parrot')
      same(excerpts(store, '"red parrot"'), ['[red, parrot]', '[red parrot]', '[red parrot]s'])
      same(excerpts(store, '“parrot red”'), ['[parrot red]'])
      same(excerpts(store, '"red'), ['[red], parrot', '[red] parrots', 'parrot [red]', '[red] parrot'])
    },
  },
  {
    name: 'a search keeps to a conversation, an author and a time',
    run: (store) => {
      const DAY = 86_400_000
      const base = message(0).at
      put(store)
      store.transaction((tx) => {
        tx.conversations.put({ id: WITH_BEN, draft: '', activeAt: 0 })
        const put = (n: number, text: string, change: Partial<Message>): unknown =>
          tx.messages.insert(message(n, { text, at: base + n * DAY, ...change }))
        put(1, 'parrot one', {})
        put(2, 'parrot two', { author: OWN, own: true })
        put(3, 'parrot three', { conversation: WITH_BEN, author: BEN })
        put(90, 'macawparrot four', { conversation: WITH_BEN, author: OWN, own: true })
        put(4_000, 'parrot five', {})
      })
      const texts = (change: Partial<SearchQuery>): readonly string[] =>
        store
          .search(anywhere('parrot', change), null, 9)
          .hits.map(({ message }) => message.text.split(' ')[1] ?? '')
      same(texts({}), ['five', 'three', 'two', 'one', 'four'])
      same(texts({ conversation: WITH_BEN }), ['three', 'four'])
      same(texts({ conversation: WITH_ANA, author: OWN }), ['two'])
      same(texts({ author: OWN }), ['two', 'four'])
      same(texts({ from: base + 2 * DAY, until: base + 90 * DAY }), ['three', 'two'])
      same(texts({ from: base + 2 * DAY, until: base + 90 * DAY + 1 }), ['three', 'two', 'four'])
      same(texts({ from: base + 5 * DAY, until: null }), ['five', 'four'])
      same(texts({ from: null, until: base + 2 * DAY }), ['one'])
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
    name: 'a message is found at once, though it comes into the index later, and so is what became of it meanwhile',
    run: (store) => {
      const edit = (text: string) => ({ clock: { physical: 9e12, logical: 0 }, text, at: 9 })
      const waiting = () => store.read((tx) => tx.search.waiting())
      put(store, 'a parrot', 'a macaw', 'a finch')
      same(waiting(), 'new')
      store.transaction((tx) => {
        tx.messages.edit(message(1), edit('a lory'))
        tx.messages.erase(message(2))
      })
      same([excerpts(store, 'parr'), excerpts(store, 'lor')], [['a [parrot]'], ['a [lory]']])
      same([excerpts(store, 'macaw'), excerpts(store, 'finch'), waiting()], [[], [], 'none'])
      // In the index now, and again: the number of the newest that goes is given to the next.
      store.transaction((tx) => {
        tx.messages.insert(message(3, { text: 'a parakeet' }))
        tx.messages.edit(message(0), edit('a conure'))
      })
      same([excerpts(store, 'para'), excerpts(store, 'conu')], [['a [parakeet]'], ['a [conure]']])
      store.transaction((tx) => tx.messages.remove(message(3)))
      store.transaction((tx) => tx.messages.insert(message(4, { text: 'a cockatoo' })))
      same(waiting(), 'changed')
      same([excerpts(store, 'para'), excerpts(store, 'cocka')], [[], ['a [cockatoo]']])
      store.transaction((tx) => {
        for (const n of [0, 1, 2, 4]) tx.messages.remove(message(n))
        tx.messages.insert(message(5, { text: 'a parrot' }))
      })
      // A search does not wait until what is gone is taken out.
      same([excerpts(store, 'a'), waiting()], [['[a] parrot'], 'changed'])
    },
  },
  {
    name: 'the index grows by as many messages as it is told, the oldest of the new ones first, fewer where they are long',
    run: (store) => {
      put(store, ...Array.from({ length: 10 }, (_, n) => `parrot ${n}`))
      const index = (most: number) => store.transaction((tx) => tx.search.index(most))
      const waiting = () => store.read((tx) => tx.search.waiting())
      index(9)
      same(waiting(), 'new')
      index(9)
      same(waiting(), 'none')
      store.transaction((tx) => {
        for (const n of [20, 21]) tx.messages.insert(message(n, { text: 'macaw '.repeat(5_000) }))
      })
      index(9)
      same(waiting(), 'new')
      index(9)
      same([waiting(), excerpts(store, 'maca').length], ['none', 2])
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
    name: 'letters of every script are found however their accents, points and strokes are typed, and marked whole',
    run: (store) => {
      const found: readonly (readonly [
        text: string,
        ...searches: (readonly [query: string, marked: string])[],
      ])[] = [
        [
          'Καλημέρα Όλυμπε',
          ['ολυμπ', 'Καλημέρα [Όλυμπε]'],
          ['ΚΑΛΗΜΈΡΑ', '[Καλημέρα] Όλυμπε'],
          ['λημερ', 'Κα[λημέρ]α Όλυμπε'],
        ],
        ['Оденьте шарф на ёлку', ['елку', 'Оденьте шарф на [ёлку]']],
        ['Поезд в Елец', ['ёлец', 'Поезд в [Елец]']],
        ['йод', ['ЙОД', '[йод]'], ['иод', '']],
        ['שָׁלוֹם', ['שלום', '[שָׁלוֹם]']],
        ['مَرْحَبًا أحـــمد', ['مرحبا', '[مَرْحَبًا] أحـــمد'], ['احمد', 'مَرْحَبًا [أحـــمد]']],
        [
          'Nguyễn nói tiếng Việt',
          ['nguyen viet', '[Nguyễn] nói tiếng [Việt]'],
          ['guye', 'N[guyễ]n nói tiếng Việt'],
        ],
        [
          'Łódź, Đà Nẵng und Straße',
          ['lodz', '[Łódź], Đà Nẵng und Straße'],
          ['strasse', 'Łódź, Đà Nẵng und [Straße]'],
          ['STRAẞE', 'Łódź, Đà Nẵng und [Straße]'],
          ['rass', 'Łódź, Đà Nẵng und St[raß]e'],
          ['da nang', 'Łódź, [Đà] [Nẵng] und Straße'],
        ],
        [
          'Ærø hjerte cœur ışık',
          ['aero', '[Ærø] hjerte cœur ışık'],
          ['coeur', 'Ærø hjerte [cœur] ışık'],
          ['isik', 'Ærø hjerte cœur [ışık]'],
        ],
        ['ＦＡＸ ｶﾞｷﾞ番号', ['fax', '[ＦＡＸ] ｶﾞｷﾞ番号'], ['ガギ', 'ＦＡＸ [ｶﾞｷﾞ]番号'], ['カキ', '']],
        ['cafe\u0301 crème', ['café', '[cafe\u0301] crème'], ['creme', 'cafe\u0301 [crème]']],
        ['garçons', ['garc\u0327ons', '[garçons]'], ['arco', 'g[arço]ns']],
        ['हिन्दी में', ['हिन्दी', '[हिन्दी] में']],
      ]
      put(store, ...found.map(([text]) => text))
      const sought = found.flatMap(([, ...searches]) => searches)
      same(
        sought.map(([query]) => [query, excerpts(store, query).join('; ')]),
        sought
      )
    },
  },
  {
    name: 'Chinese, Japanese and Korean are found by any of their characters, one or more',
    run: (store) => {
      put(store, '你好,世界和平', 'こんにちは 世界', '안녕하세요 여러분', 'カラオケbar行こう', 'plain bar')
      same(excerpts(store, '世'), ['こんにちは [世]界', '你好,[世]界和平'])
      same(excerpts(store, '世界'), ['こんにちは [世界]', '你好,[世界]和平'])
      same(excerpts(store, '界和平'), ['你好,世[界和平]'])
      same(excerpts(store, '平世'), [])
      same(excerpts(store, 'にち'), ['こん[にち]は 世界'])
      same(excerpts(store, '녕하'), ['안[녕하]세요 여러분'])
      same(excerpts(store, '여'), ['안녕하세요 [여]러분'])
      same(excerpts(store, '안녕하세요'.normalize('NFD')), ['[안녕하세요] 여러분'])
      same(excerpts(store, 'ラオ'), ['カ[ラオ]ケbar行こう'])
      same(excerpts(store, 'ba'), ['plain [bar]', 'カラオケ[bar]行こう'])
      same(excerpts(store, 'オケbar'), ['カラ[オケbar]行こう'])
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
        ['contact', 'hidden'].map((word) => store.search(anywhere(word), null, 9).hits),
        [[], []]
      )
      same(excerpts(store, 'find'), ['[findable]'])
    },
  },
  {
    name: 'characters that would mark a match are none of ours when they come in a message',
    run: (store) => {
      put(store, 'x\u0002y\u0003z parrot')
      same(excerpts(store, 'parrot'), ['x y z [parrot]'])
    },
  },
  {
    name: 'the excerpt of a long text is short and shows the match; the message is whole',
    run: (store) => {
      const text = `${'word '.repeat(5_000)}parrot ${'word '.repeat(5_000)}`
      put(store, text)
      const [hit] = store.search(anywhere('parrot'), null, 1).hits
      same(hit?.message.text, text)
      same(hit?.excerpt.includes('\u0002parrot\u0003') && hit.excerpt.length < 300, true, 'the excerpt')
    },
  },
]
