import type { MessageId } from '../../../protocol/ids.ts'

/** Parts of a search excerpt: the core puts matches between U+0002 and U+0003. */
export const excerptParts = (
  excerpt: string
): readonly { readonly text: string; readonly match: boolean }[] =>
  excerpt
    .split('\u0002')
    .flatMap((part, index) => {
      if (index === 0) return [{ text: part, match: false }]
      const [match = '', ...rest] = part.split('\u0003')
      return [
        { text: match, match: true },
        { text: rest.join(''), match: false },
      ]
    })
    .filter(({ text }) => text !== '')

/** A key for a search hit: a message id alone is unique per author only. */
export const hitKey = (hit: { message: { author: string; id: MessageId } }): string =>
  `${hit.message.author}/${hit.message.id}`
