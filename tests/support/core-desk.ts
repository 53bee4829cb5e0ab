/**
 * One core on a real database and real cryptography, with a contact whose letters the test writes itself and hands in one by one. Only the
 * network is the test's own: its relays answer as told, else not at all.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { createAgeArchive } from '../../src/adapters/backup/age-archive.ts'
import { noPushBox } from '../../src/adapters/push/push-box.ts'
import { createCore, type Core } from '../../src/core/core.ts'
import type { PeerEvent, PeerNetwork, RelayApi } from '../../src/core/ports/network.ts'
import type { Clock } from '../../src/core/ports/platform.ts'
import type { ContactRow, Tx } from '../../src/core/ports/storage.ts'
import { encodeContent, type Content, type ContentBody } from '../../src/protocol/content.ts'
import { EnvelopeSchema, PeerFrameSchema } from '../../src/protocol/gen/wire_pb.js'
import {
  conversationWith,
  envelopeIdFromBytes,
  idBytes,
  type EnvelopeId,
  type MessageId,
} from '../../src/protocol/ids.ts'
import { newMessageId } from '../../src/client/message-id.ts'
import { systemRandom } from '../../src/host/platform.ts'
import { mailboxOnly } from '../../src/node/mailbox-only.ts'
import { commit, createParty, START, startSession, value, type Party } from './crypto-party.ts'
import { until } from './until.ts'

const unreachable = async () =>
  ({ ok: false, error: { kind: 'network', reason: 'relay-unreachable' } }) as const

/** Relays that are not there, but for what the test answers. */
export const silentRelays = (answers: Partial<RelayApi> = {}): RelayApi => ({
  info: unreachable,
  iceServers: unreachable,
  register: unreachable,
  removeDevice: unreachable,
  putList: unreachable,
  getList: unreachable,
  putEndpoint: unreachable,
  removeEndpoint: unreachable,
  getEndpoints: unreachable,
  putPreKeys: unreachable,
  preKeyCounts: unreachable,
  claimPreKeys: unreachable,
  putKeys: unreachable,
  putPush: unreachable,
  removePush: unreachable,
  keepPushOf: unreachable,
  deposit: unreachable,
  fetchMailbox: unreachable,
  acknowledge: unreachable,
  ...answers,
})

/** Time as the party's, moved by hand; timers fire when it is moved past them. */
export const handClock = (time: { now: number }): Clock & { advance(ms: number): void } => {
  const timers = new Set<{ at: number; callback: () => void }>()
  return {
    now: () => time.now,
    after: (ms, callback) => {
      const timer = { at: time.now + ms, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance: (ms) => {
      time.now += ms
      for (const timer of [...timers].sort((a, b) => a.at - b.at)) {
        if (timer.at > time.now || !timers.delete(timer)) continue
        timer.callback()
      }
    },
  }
}

export interface Desk extends AsyncDisposable {
  readonly ana: Party
  readonly bia: Party
  readonly core: Core
  readonly clock: ReturnType<typeof handClock>
  /** Bodies that the core deposited. */
  readonly acknowledged: readonly EnvelopeId[]
  row(): ContactRow
  change(part: Partial<ContactRow>): void
  /** What Bia says, as her device sends it. `isMessage` as in the crypto port: unless told, texts are. */
  letter(body: ContentBody, more?: Partial<Content>, isMessage?: boolean): Promise<Uint8Array>
  /** Tells the core what its peer network would. */
  tell(event: PeerEvent): void
  /** Hands an envelope in, from one direct peer or another, and waits for its acknowledgement. */
  deliver(id: EnvelopeId, body: Uint8Array, peerId?: string): Promise<void>
  texts(): readonly (string | null)[]
  read<T>(query: (tx: Tx) => T): T
}

const ids = (n: number): EnvelopeId => n.toString(16).padStart(32, '0') as EnvelopeId
export const envelope = ids

/** Text of a content at a moment. */
export const text = (words: string): ContentBody => ({ kind: 'text', text: words })
export const at = (physical: number): Partial<Content> => ({
  clock: { physical: START + physical, logical: 0 },
})

/** Opens a desk where Ana and Bia are contacts. */
export const openDesk = async (
  relays: RelayApi = silentRelays(),
  network: PeerNetwork = mailboxOnly()
): Promise<Desk> => {
  const [ana, bia] = [await createParty('Ana', 9), await createParty('Bia')]
  const clock = handClock(ana.time)
  const acknowledged: EnvelopeId[] = []
  const listeners = new Set<(event: PeerEvent) => void>()
  const peers: PeerNetwork = {
    ...network,
    send: async (_, bytes) => {
      const { frame } = fromBinary(PeerFrameSchema, bytes)
      if (frame.case === 'ack')
        acknowledged.push(...frame.value.ids.flatMap((id) => envelopeIdFromBytes(id) ?? []))
      return { ok: true, value: null }
    },
    onEvent: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const tell = (event: PeerEvent): void => {
    for (const listener of listeners) listener(event)
  }
  const { store } = ana
  const row: ContactRow = {
    account: bia.own.account,
    accountKey: bia.own.accountKey,
    name: 'Bia',
    state: 'accepted',
    safety: 'unverified',
    relays: bia.own.relays,
    deliveryKey: bia.own.deliveryKey,
    requestKey: null,
    profileKey: bia.own.profileKey,
    profileClock: { physical: 0, logical: 0 },
    listChain: bia.own.listChain,
    listRevision: bia.own.listRevision,
    listSeenAt: START,
    knownDevices: [1],
    blockedFrom: null,
    since: START,
  }
  store.transaction((tx) => {
    tx.contacts.put(row)
    tx.conversations.put({ id: conversationWith(row.account), draft: '', activeAt: 0 })
  })
  await startSession(bia, ana)
  const core = createCore({
    store,
    crypto: ana.crypto,
    relays,
    peers,
    clock,
    random: systemRandom,
    log: { warn: () => undefined },
    health: { estimate: async () => ({ used: null, available: null, persisted: 'unknown' }) },
    archive: createAgeArchive(),
    pushBox: noPushBox,
    homeRelay: 'https://relay.example',
    linkBase: 'https://relay.example',
    restart: () => undefined,
  })
  await core.start()
  let count = 0
  return {
    ana,
    bia,
    core,
    clock,
    acknowledged,
    row: () => store.read((tx) => tx.contacts.get(row.account)) ?? row,
    change: (part) =>
      store.transaction((tx) => tx.contacts.put({ ...(tx.contacts.get(row.account) ?? row), ...part })),
    letter: async (body, more = {}, isMessage = body.kind === 'text') => {
      const clockOf = { physical: START + count++, logical: 0 }
      const content = encodeContent({ id: newMessageId(), clock: clockOf, body, ...more })
      return commit(
        bia,
        value(await bia.crypto.encrypt(bia.own, ana.own.account, ana.device, content, isMessage))
      )
    },
    tell,
    deliver: async (id, body, peerId = 'bia') => {
      const frame = create(PeerFrameSchema, {
        frame: { case: 'envelope', value: create(EnvelopeSchema, { id: idBytes(id), body }) },
      })
      const before = acknowledged.length
      tell({ type: 'frame', peerId, frame: toBinary(PeerFrameSchema, frame) })
      await until('the envelope is acknowledged', () => acknowledged.slice(before).includes(id))
    },
    texts: () =>
      store.read((tx) =>
        tx.messages
          .newest({ conversation: conversationWith(row.account), limit: 5_000 })
          .filter(({ kind }) => kind !== 'notice')
          .map((message) => (message.kind === 'gap' ? null : message.text))
      ),
    read: (query) => store.read(query),
    [Symbol.asyncDispose]: async () => {
      await core.stop()
      store.close()
      bia.store.close()
    },
  }
}

/** A message id by number. */
export const message = (n: number): MessageId => n.toString(16).padStart(32, '0') as MessageId
