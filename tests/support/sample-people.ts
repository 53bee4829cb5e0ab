/** People and messages for tests and pictures of the screens. */
import type { Contact } from '../../src/core/domain/contact.ts'
import type { Conversation } from '../../src/core/domain/conversation.ts'
import type { Message } from '../../src/core/domain/message.ts'
import {
  conversationWith,
  type AccountId,
  type ConversationId,
  type MessageId,
} from '../../src/protocol/ids.ts'
import { OWN } from './scripted-client.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** The account of the n-th person. */
export const accountNumber = (n: number): AccountId =>
  `00000000-0000-8000-8000-${n.toString(16).padStart(12, '0')}` as AccountId

/** A contact; by default one with whom one talks. */
export const person = (n: number, name: string, part: Partial<Contact> = {}): Contact => ({
  account: accountNumber(n),
  name,
  state: 'accepted',
  safety: 'unverified',
  since: Date.now() - 40 * DAY,
  ...part,
})

/** A message to or from somebody; `n` makes its id. */
export const message = (
  contact: Contact,
  n: number,
  own: boolean,
  text: string,
  at: number,
  part: Partial<Message> = {}
): Message => ({
  conversation: conversationWith(contact.account),
  author: own ? OWN : contact.account,
  id: n.toString(16).padStart(32, own ? 'a' : 'b') as MessageId,
  clock: { physical: at, logical: 0 },
  kind: 'text',
  text,
  state: own ? 'read' : 'received',
  failReason: null,
  at,
  own,
  ...part,
})

/** The row of the chat list for a contact and what was said. */
export const conversation = (
  contact: Contact,
  messages: readonly Message[],
  part: Partial<Conversation> = {}
): Conversation => ({
  id: conversationWith(contact.account),
  contact,
  last: messages.at(-1) ?? null,
  unread: 0,
  draft: '',
  activeAt: messages.at(-1)?.at ?? contact.since,
  ...part,
})

export const ANA = person(1, 'Ana Beatriz Nogueira', { safety: 'verified' })
export const TOM = person(2, 'Tom Okafor')
export const INVITED = person(3, 'Júlia Prado', { state: 'invited' })
export const REVIEW = person(4, 'Rafael Lima', { safety: 'review' })
export const BLOCKED = person(5, 'Loja Promoções', { state: 'blocked' })
export const LONG = person(6, 'Maximiliane von und zu Oberniederwaldhausen-Großkleinbergen')
export const ASKING = person(7, 'Marina Sato', { state: 'request' })
export const ASKING_TOO = person(8, 'Pedro Henrique', { state: 'request' })
export const ASIDE = person(9, 'Unknown Caller', { state: 'ignored' })
export const NOOR = person(10, 'نور الهدى')

/** A conversation with all that can stand in one. */
export const talkWithAna = (now: number): readonly Message[] => {
  const yesterday = now - DAY
  return [
    message(ANA, 1, true, 'contact-added', now - 3 * DAY, { kind: 'notice' }),
    message(ANA, 2, true, 'contact-accepted', now - 3 * DAY + MINUTE, { kind: 'notice' }),
    message(
      ANA,
      3,
      false,
      'Oi! Consegui abrir aqui no navegador mesmo, que fácil.',
      now - 3 * DAY + 2 * MINUTE
    ),
    message(ANA, 4, true, 'Viu só? Nem precisei passar meu número.', now - 3 * DAY + 3 * MINUTE),
    message(ANA, 5, true, 'Depois compara o número de segurança comigo.', now - 3 * DAY + 4 * MINUTE),
    message(ANA, 6, false, 'Feito ✓', yesterday - 2 * HOUR),
    message(
      ANA,
      7,
      false,
      'Sábado a gente vai na feira de São Joaquim? Quero levar umas frutas para a vó e ver se acho aquela pimenta.',
      yesterday - 2 * HOUR + MINUTE
    ),
    message(ANA, 8, true, 'Vamos! Saio de casa às 8.', yesterday - HOUR),
    message(ANA, 9, false, '', yesterday - HOUR + MINUTE, { kind: 'gap' }),
    message(
      ANA,
      10,
      false,
      'O mapa está em https://example.org/feira, se precisar escreve para ana@example.org',
      now - 50 * MINUTE
    ),
    message(ANA, 11, true, 'مرحبا بالجميع', now - 48 * MINUTE, { state: 'read' }),
    message(ANA, 12, true, 'Já separei as sacolas.', now - 30 * MINUTE, { state: 'delivered' }),
    message(ANA, 13, true, 'E o carrinho também.', now - 29 * MINUTE, { state: 'sent' }),
    message(ANA, 14, true, 'Este aqui não foi.', now - 20 * MINUTE, {
      state: 'failed',
      failReason: 'expired',
    }),
    message(ANA, 15, true, 'Chego já', now - MINUTE, { state: 'pending' }),
  ]
}

/** A long conversation, oldest first. */
export const longTalk = (contact: Contact, count: number, now: number): readonly Message[] =>
  Array.from({ length: count }, (_, index) => {
    const own = index % 3 === 0
    const text = `${index + 1}: ${'lorem ipsum dolor sit amet '.repeat(1 + ((index * 7) % 9))}`.trim()
    return message(contact, index + 1, own, text, now - (count - index) * 7 * MINUTE)
  })

/** Talks that are only a line in the list. */
export const shortTalk = (contact: Contact, own: boolean, text: string, at: number): readonly Message[] => [
  message(contact, 100, own, text, at),
]

/** The id of the conversation with the n-th person. */
export const chatNumber = (n: number): ConversationId => conversationWith(accountNumber(n))
