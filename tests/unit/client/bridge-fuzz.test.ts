/** Anything that can be cloned may come over a channel: it is dropped or answered with a typed error, and nothing breaks. */
import fc from 'fast-check'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import type { Channel } from '../../../src/client/bridge/channel.ts'
import { connectClient } from '../../../src/client/bridge/connect-client.ts'
import { ToClientSchema, ToCoreSchema } from '../../../src/client/bridge/messages.ts'
import { COMMANDS, EVENTS, LIVE_QUERIES } from '../../../src/client/bridge/schemas.ts'
import { serveCore } from '../../../src/client/bridge/serve-core.ts'
import { RequestSchema } from '../../../src/client/tabs/names.ts'
import { systemClock } from '../../../src/host/platform.ts'
import { until } from '../../support/until.ts'
import { ANA, CONTACT, createSmallCore, newLedger, WITH_BIA } from './small-core.ts'
import { createHandClock } from './hand-clock.ts'

const RUNS = { numRuns: 2_000 }

/** Two ends without a thread between them, so that thousands of runs are quick; what is sent is cloned all the same. */
const pair = (): readonly [Channel, Channel] => {
  const ears: ((message: unknown) => void)[][] = [[], []]
  const end = (mine: 0 | 1): Channel => ({
    send: (message) => {
      const copy: unknown = structuredClone(message)
      for (const ear of ears[1 - mine]!) ear(copy)
    },
    onMessage: (listener) => {
      ears[mine]!.push(listener)
      return () => (ears[mine] = ears[mine]!.filter((one) => one !== listener))
    },
    close: () => (ears[mine] = []),
  })
  return [end(0), end(1)]
}

const value = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
  fc.constantFrom(null, CONTACT, { account: ANA }, { conversation: WITH_BIA, limit: 3 }, { limit: -1 })
)
const name = fc.oneof(
  fc.constantFrom(...Object.keys(COMMANDS), ...Object.keys(LIVE_QUERIES), ...Object.keys(EVENTS)),
  fc.constantFrom('__proto__', 'constructor', 'toString', ''),
  fc.string()
)
const type = fc.constantFrom(
  'call',
  'live',
  'end',
  'listen',
  'unlisten',
  'ping',
  'ready',
  'reply',
  'value',
  'refused',
  'event',
  'pong',
  'failed'
)
const outcome = fc.oneof(value, fc.record({ ok: fc.boolean(), value, error: value }))
const body = fc.record(
  {
    type,
    id: fc.oneof(fc.constantFrom('1', '2'), fc.string()),
    name,
    argument: value,
    outcome,
    value,
    event: value,
    error: value,
  },
  { requiredKeys: ['type'] }
)
const hostile = fc.oneof(
  { weight: 1, arbitrary: value },
  { weight: 6, arbitrary: fc.record({ leader: fc.constantFrom('one', 'two'), body }) }
)

test('a server takes anything and goes on serving', async () => {
  const ledger = newLedger()
  const core = createSmallCore(ledger)
  const [near, far] = pair()
  const said: unknown[] = []
  near.onMessage((message) => said.push(message))
  const detach = serveCore(core, 'one', systemClock).attach(far)
  fc.assert(
    fc.property(hostile, (message) => {
      near.send(message)
    }),
    RUNS
  )
  await new Promise((resolve) => setImmediate(resolve))
  expect(said.length).toBeGreaterThan(100)
  expect(said.every((message) => v.is(ToClientSchema, message))).toBe(true)
  near.send({ leader: 'one', body: { type: 'call', id: 'the last', name: 'me', argument: null } })
  await until('the last call is answered', () => JSON.stringify(said.at(-1)).includes('the last'))
  detach()
  expect([core.listeners(), core.queries()]).toEqual([0, 0])
  // Only what parses was run.
  for (const run of ledger.runs) expect(run).toMatch(/^(?:[a-zA-Z]+) (?:null|\{.*\})$/)
})

test('a client takes anything and goes on asking', async () => {
  const [near, far] = pair()
  let id = 0
  const client = connectClient(near, { clock: createHandClock(), newId: () => String((id += 1)) })
  const wrong: unknown[] = []
  client.live('me', null, (me) => me !== null && !v.is(COMMANDS.me[1], me) && wrong.push(me))
  client.on('contactRequest', (event) => !v.is(EVENTS.contactRequest, event) && wrong.push(event))
  const answers = Array.from({ length: 20 }, () => client.call('me', null))
  fc.assert(
    fc.property(hostile, (message) => {
      far.send(message)
    }),
    RUNS
  )
  expect(wrong).toEqual([])
  const detach = serveCore(createSmallCore(newLedger()), 'real', systemClock).attach(far)
  expect(await client.call('me', null)).toMatchObject({ ok: true })
  for (const outcome of await Promise.all(answers)) expect(typeof outcome.ok).toBe('boolean')
  detach()
})

test('schemas of envelopes never throw', () => {
  fc.assert(
    fc.property(fc.anything(), (message) => {
      for (const schema of [ToCoreSchema, ToClientSchema, RequestSchema]) v.safeParse(schema, message)
    }),
    RUNS
  )
  expect(v.is(RequestSchema, { type: 'hello', worker: 'w' })).toBe(true)
})
