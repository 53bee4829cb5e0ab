/** Parts for the scripted client to play, by name. */
import type { InvitePreview } from '../../src/client/contract.ts'
import type { Contact } from '../../src/core/domain/contact.ts'
import type { Conversation, PathInfo } from '../../src/core/domain/conversation.ts'
import type { MePassaError } from '../../src/core/domain/errors.ts'
import type { Message } from '../../src/core/domain/message.ts'
import * as people from './sample-people.ts'
import { OWN, type Script } from './scripted-client.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const RELAY = 'https://relay.example.org'

const INVITE: InvitePreview = {
  account: people.accountNumber(40),
  name: 'Clara Menezes',
  relays: [RELAY],
  expiresAt: Date.now() + 20 * DAY,
  known: null,
}
const path = (part: Partial<PathInfo>): PathInfo => ({
  path: 'direct',
  reason: 'connected',
  since: Date.now() - 12 * 60_000,
  roundTrip: 23,
  ...part,
})

const EMPTY: Script = {
  me: { account: OWN, name: 'Luís', relays: [RELAY] },
  conversations: [],
  messages: new Map(),
  path: path({}),
  connection: {
    online: true,
    relays: [{ origin: RELAY, state: 'connected', since: Date.now() - HOUR }],
    directPeers: 1,
    queued: 0,
    device: 'good',
  },
  storage: { used: 48_300_000, available: 12_400_000_000, persisted: 'granted', level: 'ok' },
  notifications: { on: false, previews: true, vapidKey: null, endpoint: null, ready: false, refused: [] },
  invite: INVITE,
  newDevices: [2],
  listSignedAt: Date.now(),
  failing: {},
  silent: [],
}

const talks = (
  ...all: readonly (readonly [Conversation, readonly Message[]])[]
): Pick<Script, 'conversations' | 'messages'> => ({
  conversations: all.map(([one]) => one),
  messages: new Map(all.map(([one, messages]) => [one.id, messages])),
})

const busy = (): Script => {
  const now = Date.now()
  const { conversation, shortTalk, message } = people
  const entry = (
    contact: Contact,
    messages: readonly Message[],
    part: Partial<Conversation> = {}
  ): readonly [Conversation, readonly Message[]] => [conversation(contact, messages, part), messages]
  const long = people.longTalk(people.TOM, 400, now - 2 * HOUR)
  return {
    ...EMPTY,
    ...talks(
      entry(people.ANA, people.talkWithAna(now)),
      entry(people.TOM, long, { unread: 12 }),
      entry(people.INVITED, [
        message(people.INVITED, 1, true, 'contact-added', now - 3 * HOUR, { kind: 'notice' }),
      ]),
      entry(people.REVIEW, shortTalk(people.REVIEW, true, 'Combinado!', now - 4 * HOUR), {
        draft: 'Só mais uma coisa',
      }),
      entry(
        people.LONG,
        shortTalk(people.LONG, false, `Ein sehr langer Satz ${'ohne Ende '.repeat(30)}`, now - DAY)
      ),
      entry(people.NOOR, shortTalk(people.NOOR, false, 'شكرا جزيلا، نلتقي غدا', now - 2 * DAY), {
        unread: 1,
      }),
      entry(people.BLOCKED, shortTalk(people.BLOCKED, false, 'Aproveite!!!', now - 3 * DAY)),
      entry(people.ASKING, [], { activeAt: now - HOUR }),
      entry(people.ASKING_TOO, [], { activeAt: now - 2 * HOUR }),
      entry(people.ASIDE, [], { activeAt: now - 9 * DAY })
    ),
  }
}

/** A calm conversation for the pictures in the manifest. */
const showcase = (): Script => {
  const now = Date.now()
  const { ANA, conversation, message, shortTalk, TOM, person } = people
  const lia = person(21, 'Lia Fontes')
  const club = person(22, 'Duarte Reis')
  const at = (minutes: number): number => now - minutes * 60_000
  const talk = [
    message(ANA, 1, true, 'Are we still on for Saturday?', at(26)),
    message(ANA, 2, false, 'Yes! I will bring the cheese bread', at(24)),
    message(ANA, 3, false, 'Can you bring the guitar?', at(24)),
    message(ANA, 4, true, 'Of course. Who else is coming?', at(20)),
    message(ANA, 5, false, 'Tom, Lia and perhaps my brother', at(12)),
    message(ANA, 6, true, 'Lovely. What time?', at(11)),
    message(ANA, 7, false, 'Seven, so that we see the sunset from the terrace', at(3)),
    message(ANA, 8, true, 'Perfect, see you there', at(1)),
  ]
  const tom = shortTalk(TOM, false, 'Sent you the chords for two songs', at(48))
  const other = shortTalk(lia, false, 'The photos from the trip are ready', at(200))
  const third = shortTalk(club, true, 'Thanks, that helped a lot!', at(60 * 26))
  return {
    ...EMPTY,
    ...talks(
      [conversation(ANA, talk), talk],
      [conversation(TOM, tom, { unread: 2 }), tom],
      [conversation(lia, other, { unread: 1 }), other],
      [conversation(club, third), third]
    ),
  }
}

/** Rows far larger than those at the beginning, so that no guess of their height is right. */
const tall = (): Script => {
  const now = Date.now()
  const { conversation, message, TOM } = people
  const talk = [
    message(TOM, 1, true, 'contact-added', now - 3 * DAY, { kind: 'notice' }),
    ...Array.from({ length: 130 }, (_, index) =>
      message(
        TOM,
        index + 2,
        index % 2 === 0,
        `${index + 1} `.padEnd(2_000, 'palavra '),
        now - (131 - index) * 60_000
      )
    ),
  ]
  return { ...EMPTY, ...talks([conversation(TOM, talk), talk]) }
}

/** A conversation of years. */
const vast = (): Script => {
  const now = Date.now()
  const { conversation, message, TOM } = people
  const talk = Array.from({ length: 10_000 }, (_, index) =>
    message(TOM, index + 1, index % 3 === 0, `Message ${index + 1}`, now - (10_001 - index) * 60_000)
  )
  return { ...EMPTY, ...talks([conversation(TOM, talk), talk]) }
}

const failing = (error: MePassaError): Script => ({
  ...busy(),
  failing: {
    search: error,
    safety: error,
    storage: error,
    settings: error,
    inviteLink: error,
    createAccount: error,
    sendMessage: error,
    retryMessage: error,
    messagePage: error,
  },
})
const relayDown: MePassaError = { kind: 'network', reason: 'relay-unreachable' }

/** Notifications that work. */
const TOLD: Script['notifications'] = {
  on: true,
  previews: true,
  vapidKey: 'key',
  endpoint: 'https://push.example.org/1',
  ready: true,
  refused: [],
}

/** Each part by its name; made anew at each use, since it is told in times before now. */
export const SCRIPTS = {
  new: (): Script => ({ ...EMPTY, me: null }),
  'new-failing': (): Script => ({ ...failing({ kind: 'storage', reason: 'full' }), me: null }),
  empty: (): Script => EMPTY,
  unsafe: (): Script => ({
    ...EMPTY,
    storage: { used: null, available: null, persisted: 'denied', level: 'ok' },
  }),
  busy,
  full: (): Script => ({
    ...busy(),
    storage: { used: 48_300_000, available: 9_800_000_000, persisted: 'granted', level: 'full' },
  }),
  told: (): Script => ({ ...busy(), notifications: TOLD }),
  refused: (): Script => ({ ...busy(), notifications: { ...TOLD, refused: [RELAY] } }),
  showcase,
  tall,
  vast,
  loading: (): Script => ({
    ...busy(),
    silent: [
      'conversations',
      'messages',
      'contact',
      'connection',
      'inviteLink',
      'safety',
      'storage',
      'settings',
      'previewInvite',
    ],
  }),
  slow: (): Script => ({ ...busy(), silent: ['me'] }),
  failing: (): Script => failing(relayDown),
  offline: (): Script => ({
    ...busy(),
    path: path({ path: 'waiting', reason: 'relay-down', roundTrip: null }),
    connection: {
      online: false,
      relays: [{ origin: RELAY, state: 'down', since: Date.now() - 9 * 60_000 }],
      directPeers: 0,
      queued: 4,
      device: 'good',
    },
  }),
  relays: (): Script => ({
    ...busy(),
    connection: {
      online: true,
      relays: [
        { origin: RELAY, state: 'connected', since: Date.now() - HOUR },
        { origin: 'https://second.example.net', state: 'down', since: Date.now() - 9 * 60_000 },
      ],
      directPeers: 1,
      queued: 0,
      device: 'good',
    },
  }),
  uninvited: (): Script => ({
    ...busy(),
    path: path({ path: 'waiting', reason: 'relay-down', roundTrip: null }),
    connection: {
      ...EMPTY.connection,
      online: false,
      relays: [{ origin: RELAY, state: 'uninvited', since: Date.now() - 9 * 60_000 }],
    },
  }),
  'device-removed': (): Script => ({ ...busy(), connection: { ...EMPTY.connection, device: 'removed' } }),
  'device-renewed': (): Script => ({ ...busy(), connection: { ...EMPTY.connection, device: 'renewed' } }),
  'old-list': (): Script => ({ ...busy(), listSignedAt: Date.now() - 50 * DAY }),
  vanishing: (): Script => {
    const now = Date.now()
    const hour = 3_600
    const ana = { ...people.ANA, vanishAfter: 24 * hour }
    const { message } = people
    const talk = [
      message(ana, 1, true, `vanish-mine:${7 * 24 * hour}`, now - 9 * HOUR, { kind: 'notice' }),
      message(ana, 2, true, 'A senha do portão é 4711.', now - 8 * HOUR, { vanishAfter: 7 * 24 * hour }),
      message(ana, 3, true, `vanish-theirs:${24 * hour}`, now - 3 * HOUR, { kind: 'notice' }),
      message(ana, 4, false, 'Anotei!', now - HOUR, { vanishAfter: 24 * hour, editedAt: now - HOUR }),
    ]
    return { ...EMPTY, ...talks([people.conversation(ana, talk), talk]) }
  },
  relayed: (): Script => ({
    ...busy(),
    path: path({ path: 'relay', reason: 'contact-away', roundTrip: null }),
  }),
  'invite-known': (): Script => ({
    ...busy(),
    invite: { ...INVITE, account: people.ANA.account, name: people.ANA.name, known: people.ANA },
  }),
  'invite-asked': (): Script => ({
    ...busy(),
    invite: { ...INVITE, account: people.ASKING.account, name: people.ASKING.name, known: people.ASKING },
  }),
  'invite-malformed': (): Script => ({ ...busy(), invite: { kind: 'input', reason: 'link-malformed' } }),
  'invite-expired': (): Script => ({ ...busy(), invite: { kind: 'input', reason: 'link-expired' } }),
} as const
export type ScriptName = keyof typeof SCRIPTS
