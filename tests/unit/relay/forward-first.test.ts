import { expect, test } from 'vitest'
import { createAdmission } from '../../../relay-server/mailbox/admission.ts'
import type { DepositOutcome, DepositRequest } from '../../../relay-server/mailbox/deposit.ts'
import { storeAndForward } from '../../../relay-server/mailbox/forward-first.ts'
import { createMailboxHub } from '../../../relay-server/mailbox/hub.ts'
import type { RelayStore } from '../../../relay-server/store/relay-store.ts'
import type { AccountId, DeviceId } from '../../../src/protocol/ids.ts'

const ANA = 'ana' as AccountId
const ONE = 1 as DeviceId
const TWO = 2 as DeviceId
const deposit: DepositRequest = {
  account: ANA,
  keyHash: new Uint8Array(32),
  listRevision: 0,
  entries: [ONE, TWO].map((device) => ({
    device,
    id: new Uint8Array(16).fill(device),
    body: new Uint8Array(1),
  })),
}
const done: DepositOutcome = {
  kind: 'done',
  request: false,
  keyEnds: null,
  stored: [ONE, TWO],
  refused: [],
  fresh: [0, 1],
}

/** A hub, a key that was good a moment ago, and a store that answers as the test says. */
const stage = async () => {
  const hub = await createMailboxHub()
  const admission = createAdmission(10)
  admission.watch(deposit)(done)
  const told: string[] = []
  return {
    told,
    connect: (device: DeviceId, name: string) =>
      hub.open(ANA, device, {
        wake: () => void told.push(`${name} is woken`),
        forward: () => {
          told.push(`${name} is given`)
          return (stored) => {
            told.push(`${name} hears ${stored ? 'stored' : 'lost'}`)
            return stored
          }
        },
        end: async () => void told.push(`${name} ends`),
      }),
    give: (answer: Promise<readonly DepositOutcome[]>) => {
      const store = { mailbox: { deposit: () => answer } } as unknown as RelayStore
      return storeAndForward({ store, hub, admission }, deposit, { now: 1, expiresAt: 2 })
    },
  }
}

test('devices that are here are given what is being stored, others wait', async () => {
  const { told, connect, give } = await stage()
  expect((await give(Promise.resolve([done]))).reached).toEqual(new Set())
  connect(ONE, 'one')
  const stored = Promise.withResolvers<readonly DepositOutcome[]>()
  const giving = give(stored.promise)
  expect(told).toEqual(['one is given'])
  stored.resolve([done])
  expect((await giving).reached).toEqual(new Set([ONE]))
  expect(told).toEqual(['one is given', 'one hears stored'])
})

test('a stream that took the place of the one that got it looks for itself', async () => {
  const { told, connect, give } = await stage()
  connect(ONE, 'old')
  const stored = Promise.withResolvers<readonly DepositOutcome[]>()
  const giving = give(stored.promise)
  connect(ONE, 'new')
  stored.resolve([done])
  expect((await giving).reached).toEqual(new Set([ONE]))
  expect(told).toEqual(['old is given', 'old ends', 'old hears stored', 'new is woken'])
})

test('a device hears when storing failed, or was refused, and so does the sender', async () => {
  const { told, connect, give } = await stage()
  connect(ONE, 'one')
  await expect(give(Promise.reject(new Error('no disk')))).rejects.toThrow('no disk')
  const full: DepositOutcome = { ...done, stored: [], refused: ['quota', 'quota'], fresh: [] }
  expect(await give(Promise.resolve([full]))).toEqual({ outcome: full, reached: new Set() })
  expect(told).toEqual(['one is given', 'one hears lost', 'one is given', 'one hears lost'])
})
