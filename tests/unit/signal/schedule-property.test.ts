import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ErrorCode,
  LibSignalErrorBase,
  type SessionRecord,
  type ProtocolAddress,
} from '../../../src/signal/index.ts'
import { asText, createParty, utf8, type Party, type Wire } from '../../interop/signal/party.ts'

const ALICE = '9d0652a3-dcc3-4d11-975f-74d61598733f'
const BOB = '796abedb-ca4e-4f18-8803-1fde5b921f9f'

type Step =
  | { readonly kind: 'begin' | 'send' | 'crash-send'; readonly isAlice: boolean }
  | {
      readonly kind: 'deliver' | 'duplicate' | 'drop' | 'crash-receive'
      readonly isAlice: boolean
      readonly pick: number
    }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('begin' as const), isAlice: fc.boolean() }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('send' as const), isAlice: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash-send' as const), isAlice: fc.boolean() }) },
  {
    weight: 16,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...(['deliver', 'deliver', 'deliver', 'duplicate', 'drop', 'crash-receive'] as const)
      ),
      isAlice: fc.boolean(),
      pick: fc.nat(1000),
    }),
  }
)

type InFlight = { readonly wire: Wire; readonly text: string; isRead: boolean }

class PowerFailure extends Error {}

/** Runs `action` with a store that fails at the moment of persisting. */
const crashing = async (party: Party, action: () => Promise<unknown>): Promise<void> => {
  const { sessions } = party.stores
  const original = sessions.saveSession.bind(sessions)
  sessions.saveSession = async (_name: ProtocolAddress, _record: SessionRecord) => {
    throw new PowerFailure()
  }
  try {
    await action()
  } catch (error) {
    if (!(error instanceof PowerFailure) && !(error instanceof LibSignalErrorBase)) throw error
  } finally {
    sessions.saveSession = original
  }
}

const createPair = () => {
  const alice = createParty('ours', ALICE)
  const bob = createParty('ours', BOB)
  const boxes = { toBob: [] as InFlight[], toAlice: [] as InFlight[] }
  let counter = 0

  const hasSession = (from: Party, to: Party): boolean =>
    from.stores.state.sessions.has(from.addressOf(to).toString())

  const send = async (from: Party, to: Party, box: InFlight[]): Promise<void> => {
    if (!hasSession(from, to)) await from.begin(to)
    const text = `message ${counter++}`
    box.push({ wire: await from.encrypt(to, utf8(text)), text, isRead: false })
  }

  const deliver = async (from: Party, to: Party, item: InFlight): Promise<void> => {
    try {
      const text = asText(await to.decrypt(from, item.wire))
      expect([text, item.isRead]).toEqual([item.text, false])
      item.isRead = true
    } catch (error) {
      // Whatever comes twice is a duplicate; a chain that is too old may be gone. Nothing else may happen.
      if (!(error instanceof LibSignalErrorBase)) throw error
      if (!item.isRead) expect([ErrorCode.Generic, ErrorCode.DuplicatedMessage]).toContain(error.code)
    }
  }

  const run = async (action: Step): Promise<void> => {
    const [from, to, box] = action.isAlice ? [alice, bob, boxes.toBob] : [bob, alice, boxes.toAlice]
    if (action.kind === 'begin') return from.begin(to)
    if (action.kind === 'send') return send(from, to, box)
    if (action.kind === 'crash-send') return crashing(from, () => send(from, to, []))
    if (!('pick' in action) || box.length === 0) return
    const place = action.pick % box.length
    const item = box[place] as InFlight
    if (action.kind === 'crash-receive') return crashing(to, () => to.decrypt(from, item.wire))
    if (action.kind !== 'duplicate') box.splice(place, 1)
    if (action.kind !== 'drop') await deliver(from, to, item)
  }
  return { alice, bob, run }
}

test('whatever is sent, lost, doubled, reordered or cut off by a crash: both can still talk', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { alice, bob, run } = createPair()
      for (const next of steps) await run(next)
      for (const [from, to] of [
        [alice, bob],
        [bob, alice],
        [alice, bob],
      ] as const) {
        if (!from.stores.state.sessions.has(from.addressOf(to).toString())) await from.begin(to)
        const wire = await from.encrypt(to, utf8('still here'))
        expect(asText(await to.decrypt(from, wire))).toBe('still here')
      }
    }),
    { numRuns: 150, seed: 20261124 }
  )
}, 120_000)
