/** The bridge over real message channels: everything crosses by structured clone, and comes once. */
import { afterEach, describe, expect, test } from 'vitest'
import { portChannel } from '../../../src/client/bridge/channel.ts'
import { connectClient, type ClientState } from '../../../src/client/bridge/connect-client.ts'
import { serveCore } from '../../../src/client/bridge/serve-core.ts'
import type { MePassaClient, MessageWindow } from '../../../src/client/contract.ts'
import { newMessageId } from '../../../src/client/message-id.ts'
import type { Clock } from '../../../src/core/ports/platform.ts'
import { systemClock } from '../../../src/host/platform.ts'
import { until } from '../../support/until.ts'
import { CONTACT, createSmallCore, messageOf, newLedger, WITH_BIA, type Ledger } from './small-core.ts'
import { createHandClock } from './hand-clock.ts'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A client whose other end can be given to one leader after another, as tabs do it. */
const setUp = () => {
  const ledger = newLedger()
  const { port1, port2 } = new MessageChannel()
  const near = portChannel(port1)
  const far = portChannel(port2)
  const clock = createHandClock()
  const states: ClientState[] = []
  const client = connectClient(near, {
    clock,
    newId: () => crypto.randomUUID(),
    onState: (state) => states.push(state),
  })
  let detach = (): void => undefined
  const lead = (name: string, ledgerOf: Ledger = ledger, served: Pick<Clock, 'after'> = systemClock) => {
    detach()
    const core = createSmallCore(ledgerOf)
    detach = serveCore(core, name, served).attach(far)
    return core
  }
  ends.push(() => {
    detach()
    near.close()
    far.close()
  })
  return { ledger, client, clock, states, lead, near, far, silence: () => detach() }
}

const send = (client: MePassaClient, text: string) =>
  client.call('sendMessage', { conversation: WITH_BIA, id: client.newMessageId(), text })

test('a command goes over and its answer comes back, bytes as bytes', async () => {
  const { client, lead } = setUp()
  lead('one')
  expect(await client.call('me', null)).toMatchObject({ ok: true, value: { name: 'Ana' } })
  const safety = await client.call('safety', { account: CONTACT.account })
  expect(safety.ok && safety.value.scannable).toEqual(new Uint8Array([1, 2, 3]))
  expect(await client.call('block', { account: CONTACT.account })).toEqual({
    ok: false,
    error: { kind: 'network', reason: 'offline' },
  })
})

test('what is asked before a leader is there is answered when one comes, in the order it was asked', async () => {
  const { client, lead, ledger } = setUp()
  const answers = Promise.all(['a', 'b', 'c'].map((text) => send(client, text)))
  lead('one')
  expect((await answers).map((outcome) => outcome.ok && outcome.value.text)).toEqual(['a', 'b', 'c'])
  expect([...ledger.messages.values()].map(({ text }) => text)).toEqual(['a', 'b', 'c'])
})

test('an unanswered command is sent again to the next leader, and committed once', async () => {
  const { client, lead, ledger } = setUp()
  const first = lead('one')
  first.hold()
  const answer = send(client, 'hello')
  await until('the first leader has committed', () => ledger.messages.size === 1)
  lead('two')
  const outcome = await answer
  expect(outcome.ok && outcome.value.text).toBe('hello')
  expect(ledger.messages.size).toBe(1)
  expect(ledger.runs).toHaveLength(2)
  // The first leader's late answer must change nothing.
  first.release()
  expect(await send(client, 'next')).toMatchObject({ ok: true, value: { text: 'next' } })
})

test('the same leader runs a request once, however often it comes', async () => {
  const { lead, ledger } = setUp()
  const core = lead('unused')
  const server = serveCore(core, 'one', systemClock)
  const { port1, port2 } = new MessageChannel()
  const [near, far] = [portChannel(port1), portChannel(port2)]
  const detach = server.attach(far)
  ends.push(detach, near.close)
  const replies: unknown[] = []
  near.onMessage((message) => replies.push(message))
  const id = newMessageId()
  const body = {
    type: 'call',
    id: 'r1',
    name: 'sendMessage',
    argument: { conversation: WITH_BIA, id, text: 'once' },
  }
  core.hold()
  near.send({ leader: 'one', body })
  near.send({ leader: 'one', body })
  await until('the command runs', () => ledger.runs.length > 0)
  core.release()
  await until('both are answered', () => replies.length === 3)
  near.send({ leader: 'one', body })
  await until('the late one is answered too', () => replies.length === 4)
  expect(ledger.runs).toHaveLength(1)
  expect(new Set(replies.slice(1).map((reply) => JSON.stringify(reply))).size).toBe(1)
  // Meant for another leader: not for us.
  near.send({ leader: 'two', body: { ...body, id: 'r2' } })
  near.send({ leader: 'one', body: { type: 'ping' } })
  await until('the ping is answered', () => replies.length === 5)
  expect(ledger.runs).toHaveLength(1)
})

test('what changes nothing and answers at length is asked anew each time: nobody keeps such answers', async () => {
  const { lead, ledger } = setUp()
  const server = serveCore(lead('unused'), 'one', systemClock)
  const { port1, port2 } = new MessageChannel()
  const [near, far] = [portChannel(port1), portChannel(port2)]
  ends.push(server.attach(far), near.close)
  const replies: unknown[] = []
  near.onMessage((message) => replies.push(message))
  const argument = { conversation: WITH_BIA, after: null, limit: 9 }
  const body = { type: 'call', id: 'r1', name: 'messagePage', argument }
  near.send({ leader: 'one', body })
  near.send({ leader: 'one', body })
  await until('both are answered', () => replies.length === 3)
  expect(ledger.runs).toHaveLength(2)
})

test('a live query gives its value now, after each change, and from the next leader', async () => {
  const { client, lead } = setUp()
  const values: MessageWindow[] = []
  const end = client.live('messages', { conversation: WITH_BIA, limit: 10 }, (value) => values.push(value))
  lead('one')
  await until('the first value', () => values.length === 1)
  await send(client, 'a')
  expect(values.at(-1)?.messages.map(({ text }) => text)).toEqual(['a'])
  const second = lead('two')
  await until('the value from the second', () => values.length === 3)
  await send(client, 'b')
  expect(values.at(-1)?.messages.map(({ text }) => text)).toEqual(['a', 'b'])
  expect(second.queries()).toBe(1)
  end()
  await until('the query has ended there', () => second.queries() === 0)
  await send(client, 'c')
  expect(values).toHaveLength(4)
})

test('of a long list only what changed goes over, and a client that missed something asks for the whole', async () => {
  const { client, lead, near, far } = setUp()
  const crossed: { type: string; id: string; at?: number; value?: MessageWindow }[] = []
  near.onMessage((message) => crossed.push((message as { body: (typeof crossed)[number] }).body))
  const values: MessageWindow[] = []
  client.live('messages', { conversation: WITH_BIA, limit: 10 }, (value) => values.push(value))
  lead('one')
  await send(client, 'a')
  await send(client, 'b')
  const change = crossed.findLast(({ type }) => type === 'change')
  expect(change).toMatchObject({ at: 1, removed: 0 })
  expect(change?.value?.messages.map(({ text }) => text)).toEqual(['b'])
  expect(values.at(-1)?.messages.map(({ text }) => text)).toEqual(['a', 'b'])

  far.send({ leader: 'one', body: { ...change, at: 7 } })
  await until('the whole has come', () => crossed.filter(({ type }) => type === 'value').length === 2)
  await send(client, 'c')
  expect(values.every(({ messages }) => messages.every(({ text }, n) => text === 'abc'[n]))).toBe(true)
  expect(values.at(-1)?.messages).toHaveLength(3)
})

test('events reach their listeners while there are any, also from the next leader', async () => {
  const { client, lead } = setUp()
  const heard: string[] = []
  const off = client.on('contactRequest', ({ contact }) => heard.push(contact.name))
  const twice = client.on('contactRequest', ({ contact }) => heard.push(`${contact.name} again`))
  const first = lead('one')
  await until('the leader is listened to', () => first.listeners() === 1)
  first.emit('contactRequest', { contact: CONTACT })
  await until('both have heard', () => heard.length === 2)
  const second = lead('two')
  await until('the second is listened to', () => second.listeners() === 1)
  expect(first.listeners()).toBe(0)
  off()
  second.emit('contactRequest', { contact: CONTACT })
  await until('one has heard', () => heard.length === 3)
  twice()
  await until('nobody listens', () => second.listeners() === 0)
  expect(heard).toEqual(['Bia', 'Bia again', 'Bia again'])
})

describe('what is wrong is a typed error', () => {
  test.each([
    ['an unknown method', 'formatDisk', null, { kind: 'input', reason: 'unknown-method' }],
    ['a method of Object', 'toString', null, { kind: 'input', reason: 'unknown-method' }],
    ['a malformed argument', 'block', { account: 'nobody' }, { kind: 'input', reason: 'malformed' }],
    ['no argument where one must be', 'sendMessage', null, { kind: 'input', reason: 'malformed' }],
    ['what cannot be cloned', 'rename', { name: () => 1 }, { kind: 'input', reason: 'malformed' }],
    ['a core that throws', 'storage', null, { kind: 'storage', reason: 'unavailable' }],
    ['an answer that is none', 'settings', null, { kind: 'storage', reason: 'unavailable' }],
  ])('%s', async (_, name, argument, error) => {
    const { client, lead } = setUp()
    lead('one')
    await client.call('me', null)
    expect(await client.call(name as 'me', argument as null)).toEqual({ ok: false, error })
  })

  test('also for what waited for a leader', async () => {
    const { client, lead } = setUp()
    const answer = client.call('rename', { name: (() => 1) as unknown as string })
    lead('one')
    expect(await answer).toEqual({ ok: false, error: { kind: 'input', reason: 'malformed' } })
  })

  test('a live query that is refused ends, and leaves the rest alone', async () => {
    const { client, lead } = setUp()
    const core = lead('one')
    client.live('gossip' as 'me', null, () => undefined)
    client.live('messages', { conversation: 'x' } as never, () => undefined)
    expect(await client.call('me', null)).toMatchObject({ ok: true })
    expect(core.queries()).toBe(0)
  })
})

test('after close, whatever is and was asked is answered, and nothing is held', async () => {
  const { client, lead } = setUp()
  const core = lead('one')
  core.hold()
  client.live('messages', { conversation: WITH_BIA, limit: 1 }, () => undefined)
  client.on('messageReceived', () => undefined)
  const waiting = send(client, 'late')
  await until('all has arrived', () => core.listeners() === 1 && core.queries() === 1)
  await client.close()
  const error = { kind: 'storage', reason: 'unavailable' }
  expect(await waiting).toEqual({ ok: false, error })
  expect(await client.call('me', null)).toEqual({ ok: false, error })
  await until('the core is let go', () => core.listeners() === 0 && core.queries() === 0)
})

describe('the state that a person sees', () => {
  test('five seconds without a leader are slow; a leader ends that', async () => {
    const { clock, states, lead } = setUp()
    clock.pass(4_999)
    expect(states).toEqual([])
    clock.pass(1)
    expect(states).toEqual(['slow'])
    lead('one')
    await until('it is ready', () => states.at(-1) === 'ready')
  })

  test('a leader that has said that it will be silent is not slow', async () => {
    const { clock, states, far, lead } = setUp()
    far.send({ leader: 'one', body: { type: 'migrating' } })
    await until('it is told', () => states.length > 0)
    clock.pass(60_000)
    expect(states).toEqual(['migrating'])
    lead('one')
    await until('it is ready', () => states.at(-1) === 'ready')
  })

  test('work that takes long is not silence as long as the leader gives signs of life', async () => {
    const { client, clock, states, lead, silence, near } = setUp()
    let pongs = 0
    near.onMessage((message) => (pongs += JSON.stringify(message).includes('"pong"') ? 1 : 0))
    const core = lead('one')
    await client.call('me', null)
    core.hold()
    const answer = send(client, 'slowly')
    for (let i = 0; i < 4; i++) {
      clock.pass(2_500)
      await until('its sign of life', () => pongs > i)
    }
    expect(states).toEqual(['ready'])
    silence()
    clock.pass(5_000)
    expect(states).toEqual(['ready', 'slow'])
    lead('two')
    expect(await answer).toMatchObject({ ok: true })
    expect(states).toEqual(['ready', 'slow', 'ready'])
  })

  test('a core that cannot be opened answers everything with the reason, until it can', async () => {
    const { client, states, lead, far } = setUp()
    const waiting = client.call('me', null)
    const error = { kind: 'storage', reason: 'newer-version' } as const
    far.send({ leader: 'one', body: { type: 'failed', error } })
    expect(await waiting).toEqual({ ok: false, error })
    expect(await client.call('me', null)).toEqual({ ok: false, error })
    expect(states).toEqual([{ kind: 'failed', error }])
    lead('one')
    await until('it is ready', () => states.at(-1) === 'ready')
    expect(await client.call('me', null)).toMatchObject({ ok: true })
  })
})

test('a failure of the core itself is not its last word when another leader comes', async () => {
  const { client, lead, ledger } = setUp()
  // It stands still: the last words of the first leader are still to come when the second is there.
  lead('one', ledger, createHandClock())
  await client.call('me', null)
  const answer = client.call('storage', null)
  await until('the first leader has failed at it', () => ledger.runs.length === 2)
  const second = lead('two')
  second.call = async () =>
    ({ ok: true, value: { used: 1, available: null, persisted: 'granted', level: 'ok' } }) as never
  expect(await answer).toMatchObject({ ok: true, value: { used: 1 } })
})

test('a message that says it is from an earlier leader is not believed', async () => {
  const { client, lead, far } = setUp()
  lead('two')
  const texts: string[] = []
  client.on('messageReceived', ({ message }) => texts.push(message.text))
  const say = (leader: string, text: string): void => {
    const event = { message: messageOf(newMessageId(), text), contact: CONTACT }
    far.send({ leader, body: { type: 'event', name: 'messageReceived', event } })
  }
  await client.call('me', null)
  say('one', 'stale')
  say('two', 'fresh')
  await until('the fresh one', () => texts.length > 0)
  expect(texts).toEqual(['fresh'])
})
