/** Real core workers with real locks, real channels and the real core on the browser's private file system. */
import { afterEach, beforeAll, expect, test } from 'vitest'
import type { MessageWindow } from '../../../src/client/contract.ts'
import { conversationWith } from '../../../src/protocol/ids.ts'
import { good, openTab, type Tab } from './tab.ts'

// While developing, Vite prepares packages when it first meets them and then reloads: let it meet those of the worker before a test runs.
beforeAll(() => import('../../../src/workers/open-core.ts'))

const open: Tab[] = []
afterEach(() => {
  for (const tab of open.splice(0)) tab.close()
})
const tabOf = (scope: string): Tab => {
  const tab = openTab(scope)
  open.push(tab)
  return tab
}
const eventually = (look: () => unknown) => expect.poll(look, { timeout: 120_000 })
const newScope = (): string => `test-${crypto.randomUUID()}`

/** Two tabs of one person who has an account and a contact to write to. */
const setUp = async () => {
  const other = tabOf(newScope())
  good(await other.client.call('createAccount', { name: 'Bia' }))
  const { link } = good(await other.client.call('inviteLink', { renew: false }))
  const scope = newScope()
  const leader = tabOf(scope)
  good(await leader.client.call('createAccount', { name: 'Ana' }))
  const conversation = conversationWith(good(await leader.client.call('addContact', { link })).account)
  const follower = tabOf(scope)
  await eventually(() => follower.role()).toBe('following')
  expect(leader.role()).toBe('leading')
  return { scope, leader, follower, conversation }
}

test('a follower sees the same account, and both see each other’s changes', async () => {
  const { leader, follower } = await setUp()
  const names: (string | undefined)[] = []
  leader.client.live('me', null, (me) => names.push(me?.name))
  expect(good(await follower.client.call('me', null))?.name).toBe('Ana')
  good(await follower.client.call('rename', { name: 'Ana Maria' }))
  await eventually(() => names.at(-1)).toBe('Ana Maria')
})

test('the leader is closed while a follower sends: all is answered, and every message is there once, in order', async () => {
  const { leader, follower, conversation } = await setUp()
  const windows: MessageWindow[] = []
  follower.client.messages(conversation, 1_000, (window) => windows.push(window))
  const texts: string[] = []
  const answers: ReturnType<typeof follower.client.sendMessage>[] = []
  const send = () => {
    const text = `message ${texts.length}`
    texts.push(text)
    const answer = follower.client.sendMessage(conversation, text)
    answers.push(answer)
    return answer
  }
  const first = send()
  for (let n = 0; n < 30; n++) void send()
  await first
  leader.close()
  // A worker that is ended may go on for a moment: there is always more to send, until another one leads.
  while (follower.role() !== 'leading') {
    const answer = send()
    void send()
    await answer
  }
  for (const outcome of await Promise.all(answers)) good(outcome)
  const sent = (): string[] =>
    (windows.at(-1)?.messages ?? []).filter(({ kind }) => kind === 'text').map(({ text }) => text)
  await eventually(() => sent().length).toBe(texts.length)
  expect(sent()).toEqual(texts)
})

test('a worker that dies is followed by another, and its window has lost nothing', async () => {
  const { leader, follower, conversation } = await setUp()
  // On a busy machine one may have been begun anew before.
  const spawned = [leader.spawned(), follower.spawned()] as const
  const before = follower.client.sendMessage(conversation, 'before')
  follower.kill()
  good(await before)
  await eventually(() => follower.spawned()).toBeGreaterThan(spawned[1])
  leader.kill()
  good(await leader.client.sendMessage(conversation, 'after'))
  await eventually(() => [leader.role(), follower.role()].sort()).toEqual(['following', 'leading'])
  expect(leader.spawned()).toBeGreaterThan(spawned[0])
  const texts: string[][] = []
  leader.client.messages(conversation, 10, ({ messages }) =>
    texts.push(messages.filter(({ kind }) => kind === 'text').map(({ text }) => text))
  )
  await eventually(() => texts.at(-1)).toEqual(['before', 'after'])
})

test('a worker that dies while it starts is followed by another', async () => {
  const tab = tabOf(newScope())
  tab.kill()
  expect(good(await tab.client.call('me', null))).toBeNull()
  expect(tab.spawned()).toBeGreaterThan(1)
})

test('tabs die one after the other in the middle of work: what was answered stays', async () => {
  const { scope, leader, follower, conversation } = await setUp()
  const tabs = [leader, follower]
  const texts: string[] = []
  for (let round = 0; round < 5; round++) {
    const writer = tabs[tabs.length - 1]!
    const answers = Array.from({ length: 5 }, (_, i) => {
      const text = `round ${round}, message ${i}`
      texts.push(text)
      return writer.client.sendMessage(conversation, text)
    })
    const next = tabOf(scope)
    tabs.shift()!.close()
    for (const outcome of await Promise.all(answers)) good(outcome)
    tabs.push(next)
  }
  const seen: string[][] = []
  tabs[1]!.client.messages(conversation, 1_000, ({ messages }) =>
    seen.push(messages.filter(({ kind }) => kind === 'text').map(({ text }) => text))
  )
  await eventually(() => seen.at(-1)).toEqual(texts)
})
