/** Deposits at several relays, of which some are dead, wrong or lying. */
import { fromBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { jobsOf } from '../../../src/core/jobs/account-jobs.ts'
import { dropUnsendable, fanOut } from '../../../src/core/jobs/outbox-rows.ts'
import type { RelayApi } from '../../../src/core/ports/network.ts'
import { DepositSchema, type Deposit } from '../../../src/protocol/gen/wire_pb.js'
import { conversationWith } from '../../../src/protocol/ids.ts'
import { envelope, message, openDesk, silentRelays, text, type Desk } from '../../support/core-desk.ts'
import { until } from '../../support/until.ts'

const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'
const A = 'https://a.example'
const B = 'https://b.example'
const stored = { ok: true, value: { stored: 1, forwarded: 0 } } as const
const refusal = { ok: false, error: { kind: 'network', reason: 'refused' } } as const

/** Bia is at home at two relays, and a deposit at each ends as told. */
const desk = async (
  deposits: Record<string, Awaited<ReturnType<RelayApi['deposit']>>>,
  more: Partial<RelayApi> = {}
) => {
  const asked: string[] = []
  const opened = Promise.withResolvers<Desk>()
  const one = await openDesk(
    silentRelays({
      claimPreKeys: async () => ({ ok: true, value: { devices: [(await opened.promise).bia.bundle()] } }),
      deposit: async (origin) => {
        asked.push(origin)
        return deposits[origin] ?? { ok: false, error: { kind: 'network', reason: 'relay-unreachable' } }
      },
      ...more,
    })
  )
  opened.resolve(one)
  one.change({ relays: [A, B] })
  const conversation = conversationWith(one.row().account)
  const state = () =>
    one.read((tx) => tx.messages.get({ conversation, author: one.ana.own.account, id: message(1) })?.state)
  await one.core.call('sendMessage', { conversation, id: message(1), text: 'hello' })
  return { desk: one, asked, state, [Symbol.asyncDispose]: () => one[Symbol.asyncDispose]() }
}

test('a relay that claims a newer list and shows none does not keep the other from being asked', async () => {
  await using s = await desk({ [A]: { ok: true, value: { stale: new Uint8Array(9) } }, [B]: stored })
  await until('it is sent', () => s.state() === 'sent')
  expect(s.asked).toEqual([A, B])
})

test('a relay that refuses while the other is out of reach does not make the message fail', async () => {
  await using s = await desk({ [A]: refusal })
  await until('both were asked', () => s.asked.length >= 2)
  expect(s.state()).toBe('pending')
})

test('when every relay refuses, the message has failed and says so', async () => {
  await using s = await desk({ [A]: refusal, [B]: refusal })
  await until('it has failed', () => s.state() === 'failed')
})

test('what brought no receipt is offered again at another relay', async () => {
  await using s = await desk({ [A]: stored, [B]: stored })
  await until('it is sent', () => s.state() === 'sent')
  s.desk.clock.advance(11 * 60 * 1000)
  await until('it is offered again', () => s.asked.length >= 2)
  expect(s.asked).toEqual([A, B])
})

test('what waits goes before a knock, and with it when that is tried: a knock turns the ratchet, and nobody keeps it', async () => {
  let isBack = false
  const taken: Deposit[] = []
  await using one = await openDesk(
    silentRelays({
      deposit: async (_origin, _account, _key, bytes) => {
        if (!isBack) return { ok: false, error: { kind: 'network', reason: 'relay-unreachable' } }
        taken.push(fromBinary(DepositSchema, bytes))
        return stored
      },
    })
  )
  // Ana has a session by what Bia wrote, and an address where she can be called.
  await one.deliver(envelope(1), await one.letter(text('hello')))
  one.tell({ type: 'local', peer: { peerId: PEER, addresses: [] } })
  const conversation = conversationWith(one.row().account)
  await one.core.call('sendMessage', { conversation, id: message(1), text: 'while the relay is dead' })
  const knock = async (n: number): Promise<void> =>
    one.deliver(envelope(n), await one.letter({ kind: 'knock', peerId: PEER, addresses: [] }))
  await knock(2)
  const waits = () =>
    one.read((tx) => [...jobsOf(tx, one.row().account)].filter(({ state }) => state === 'queued'))
  expect(waits().length).toBeGreaterThan(0)
  expect(taken).toEqual([])
  isBack = true
  await knock(3)
  await until('the answer to the knock is sent', () => taken.some(({ ttlSeconds }) => ttlSeconds > 0))
  expect(taken[0]?.ttlSeconds).toBe(0)
  expect(taken.filter(({ ttlSeconds }) => ttlSeconds > 0)).toHaveLength(1)
  expect(waits().filter(({ kind }) => kind === 'message')).toEqual([])
})

test('a job that was removed while devices were looked up does not come back', async () => {
  await using one = await openDesk()
  const conversation = conversationWith(one.row().account)
  await one.core.call('sendMessage', { conversation, id: message(1), text: 'never mind' })
  const jobs = one.read((tx) => [...jobsOf(tx, one.row().account)])
  expect(jobs).toHaveLength(1)
  await one.core.call('clearMessages', { conversation })
  const { store } = one.ana
  store.transaction((tx) => fanOut(tx, jobs, [one.bia.device]))
  expect(one.read((tx) => tx.outbox.count())).toBe(0)
  store.transaction((tx) => dropUnsendable(tx, jobs, [], one.clock.now()))
  expect(one.read((tx) => tx.outbox.count())).toBe(0)
})
