/** An account at several home relays: one dies, one is left, one is new, and nobody who talks to it notices. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createHeadless, meet, type Headless } from '../support/headless.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess, type RelayProcess } from '../support/relay-process.ts'
import { until } from '../support/until.ts'

const stack = new AsyncDisposableStack()
const processes: RelayProcess[] = []
beforeAll(async () => {
  for (let n = 0; n < 4; n++) {
    const folder = stack.use(await newFolder(`relay-${n}`))
    const relay = await startRelayProcess({ dataDir: folder.path, env: { WEBRTC_PORT: 'off' } })
    stack.defer(() => relay.kill())
    processes.push(relay)
  }
}, 120_000)
afterAll(() => stack.disposeAsync())
afterEach(async () => {
  for (const relay of processes) if (relay.pid() === 0) await relay.start()
})

/** Ana and Bia are contacts; Ana's home is the first of `relays`, Bia's is one of her own. */
const stage = async () => {
  const people = new AsyncDisposableStack()
  const [hers, one, two, three] = processes
  if (!hers || !one || !two || !three) throw new Error('four relays')
  const ana = people.use(await createHeadless('Ana', one.url))
  const bia = people.use(await createHeadless('Bia', hers.url))
  await meet(ana, bia)
  return {
    ana,
    bia,
    hers,
    relays: [one, two, three] as const,
    [Symbol.asyncDispose]: () => people.disposeAsync(),
  }
}

const add = async (who: Headless, relay: RelayProcess): Promise<void> => {
  expect(await who.core.call('addRelay', { address: `${relay.url}/` })).toMatchObject({ ok: true })
}
const leave = async (who: Headless, relay: RelayProcess): Promise<void> => {
  expect(await who.core.call('removeRelay', { origin: relay.url })).toMatchObject({ ok: true })
}
const knows = (who: Headless, other: Headless, relays: readonly RelayProcess[]) =>
  until('the contact knows the relays', () => {
    const known = who.store.read((tx) => tx.contacts.get(other.account)?.relays)
    return JSON.stringify(known) === JSON.stringify(relays.map(({ url }) => url))
  })
const delivered = (from: Headless, to: Headless, message: Awaited<ReturnType<Headless['say']>>) =>
  until('the message is delivered', () => ['delivered', 'read'].includes(from.state(to, message) ?? ''))

test('with three homes, mail goes on while one after the other is dead, and comes once', async () => {
  await using s = await stage()
  const [one, two, three] = s.relays
  await add(s.ana, two)
  await add(s.ana, three)
  await knows(s.bia, s.ana, [one, two, three])
  const said: string[] = []
  const say = async (text: string): Promise<void> => {
    said.push(text)
    await delivered(s.bia, s.ana, await s.bia.say(s.ana, text))
  }
  await say('all are there')
  await one.kill()
  await say('the first is dead')
  await delivered(s.ana, s.bia, await s.ana.say(s.bia, 'I hear you'))
  await two.kill()
  await say('only the third is left')
  await one.start()
  await three.kill()
  await say('and now only the first')
  expect(s.ana.texts(s.bia).filter((text) => text !== 'I hear you')).toEqual(said)
})

test('a relay is replaced while the contact is away and both old homes are down: nobody is lost, and nothing', async () => {
  await using s = await stage()
  const [old, fresh] = s.relays
  await delivered(s.bia, s.ana, await s.bia.say(s.ana, 'before'))
  await s.ana.away()
  const lying = await s.bia.say(s.ana, 'this lies at the old relay')
  await until('it is stored', () => s.bia.state(s.ana, lying) === 'sent')
  await s.bia.away()
  await old.kill()
  // The news of the move cannot reach Bia through her own relay, either.
  await s.hers.kill()

  await s.ana.back()
  await add(s.ana, fresh)
  await leave(s.ana, old)
  expect(await s.ana.core.call('removeRelay', { origin: fresh.url })).toMatchObject({
    ok: false,
    error: { kind: 'input', reason: 'relay-last' },
  })
  await old.start()
  await until('what lay at the old relay is fetched', () =>
    s.ana.texts(s.bia).includes('this lies at the old relay')
  )

  await s.bia.back()
  const searching = await s.bia.say(s.ana, 'where are you?')
  await until('the old relay shows her the way', () => s.ana.texts(s.bia).includes('where are you?'))
  await knows(s.bia, s.ana, [fresh])
  await s.hers.start()
  await delivered(s.bia, s.ana, searching)
  await old.kill()
  await delivered(s.bia, s.ana, await s.bia.say(s.ana, 'found you'))
  await delivered(s.ana, s.bia, await s.ana.say(s.bia, 'here'))
  const all = ['before', 'this lies at the old relay', 'where are you?', 'found you', 'here']
  expect(s.ana.texts(s.bia)).toEqual(all)
  await until('Bia has the answer', () => s.bia.texts(s.ana).length === all.length)
  expect(s.bia.texts(s.ana)).toEqual(all)
})

test('an address that is no relay is told apart from one that does not answer; a fourth is refused', async () => {
  await using s = await stage()
  const add = async (address: string) => {
    const outcome = await s.ana.core.call('addRelay', { address })
    return outcome.ok ? 'fine' : outcome.error.reason
  }
  const [{ url }] = s.relays
  expect(await add('not an address')).toBe('relay-malformed')
  expect(await add('http://elsewhere.example')).toBe('relay-malformed')
  expect(await add('http://localhost:9')).toBe('relay-unreachable')
  expect(await add(url)).toBe('fine')
  const own = s.ana.own()
  s.ana.store.transaction((tx) =>
    tx.account.put({ ...own, relays: [url, 'https://b.example', 'https://c.example'] })
  )
  expect(await add(s.hers.url)).toBe('relays-full')
})
