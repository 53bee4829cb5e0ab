/** The messenger without a browser: a person in Node writes to the echo bot, over a real relay, and it answers. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Commanding, MessageWindow, Outcome } from '../../src/client/contract.ts'
import { createClient } from '../../src/node/create-client.ts'
import { conversationWith } from '../../src/protocol/ids.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess, type RelayProcess } from '../support/relay-process.ts'
import { until } from '../support/until.ts'

const stack = new AsyncDisposableStack()
let relay: RelayProcess
beforeAll(async () => {
  const data = stack.use(await newFolder('relay'))
  relay = await startRelayProcess({ dataDir: data.path, env: { WEBRTC_PORT: 'off' } })
  stack.defer(() => relay.kill())
}, 60_000)
afterAll(() => stack.disposeAsync())

const good = <T>(outcome: Outcome<T>): T => {
  if (outcome.ok) return outcome.value
  throw new Error(`${outcome.error.kind}: ${outcome.error.reason}`)
}

/** The bot as a person starts it; answers with its link. */
const startBot = async (dataFolder: string) => {
  const bot = spawn(process.execPath, ['examples/echo-bot.ts', relay.url, dataFolder])
  let printed = ''
  for (const stream of [bot.stdout, bot.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  }
  const stop = async (): Promise<void> => {
    if (bot.exitCode !== null || bot.signalCode !== null) return
    const ended = once(bot, 'exit')
    bot.kill('SIGTERM')
    await ended
  }
  const link = await until('the bot prints its link', () => {
    if (bot.exitCode !== null) throw new Error(`The bot ended:\n${printed}`)
    return /^http:\S+#\S+$/m.exec(printed)?.[0]
  })
  return { link, stop, printed: () => printed }
}

/** The texts of a conversation as they stand, and the state of those sent. */
const follow = (client: Commanding, conversation: Parameters<Commanding['messages']>[0]) => {
  let window: MessageWindow | undefined
  client.messages(conversation, 1_000, (value) => (window = value))
  const texts = () => (window?.messages ?? []).filter(({ kind }) => kind === 'text')
  return {
    own: () => texts().filter((message) => message.own),
    theirs: () => texts().filter((message) => !message.own),
  }
}

describe.each([
  ['directly', true],
  ['through the mailbox alone', false],
])('%s', (_, direct) => {
  test('the bot echoes, and knows its friends after a restart', async () => {
    await using folders = new AsyncDisposableStack()
    const botFolder = folders.use(await newFolder('bot'))
    const folder = folders.use(await newFolder('ana'))
    const options = { relay: relay.url, dataFolder: folder.path, direct }
    const bot = await startBot(botFolder.path)
    folders.defer(bot.stop)
    let ana = await createClient(options)
    folders.defer(() => ana.close())

    good(await ana.call('createAccount', { name: 'Ana' }))
    const { account } = good(await ana.call('addContact', { link: bot.link }))
    const conversation = conversationWith(account)
    // Without a stream the mailbox is asked now and then; waking asks it at once.
    const accepted = async (): Promise<boolean> => {
      if (!direct) await ana.call('wake', null)
      return good(await ana.contacts())[0]?.state === 'accepted'
    }
    await until('the bot accepts', accepted)
    expect(bot.printed()).toContain('Ana is here')

    const before = follow(ana, conversation)
    const texts = Array.from({ length: 20 }, (_, i) => `olá ${i} 👋`)
    for (const text of texts) good(await ana.sendMessage(conversation, text))
    await until('twenty echoes', async () => {
      if (!direct) await ana.call('wake', null)
      return before.theirs().length === texts.length
    })
    expect(before.theirs().map(({ text }) => text)).toEqual(texts)
    const scope = { conversation, author: account, from: null, until: null }
    const page = good(await ana.call('search', { query: 'ola 1', scope, after: null, limit: 3 }))
    const marked = page.hits.map(({ excerpt }) => excerpt.replaceAll('\u0002', '[').replaceAll('\u0003', ']'))
    expect(marked, 'the word, then what begins with it').toEqual([
      '[olá] [1] 👋',
      '[olá] [1]9 👋',
      '[olá] [1]8 👋',
    ])
    await until('all are read', () => before.own().every(({ state }) => state === 'read'))

    await bot.stop()
    await ana.close()
    const again = await startBot(botFolder.path)
    folders.defer(again.stop)
    ana = await createClient(options)
    const after = follow(ana, conversation)
    expect(after.theirs().map(({ text }) => text)).toEqual(texts)
    good(await ana.sendMessage(conversation, 'ainda aí?'))
    await until('one more echo', async () => {
      if (!direct) await ana.call('wake', null)
      return after.theirs().at(-1)?.text === 'ainda aí?'
    })
    expect(after.theirs()).toHaveLength(texts.length + 1)
  })
})

test('a client that is closed says so instead of waiting', async () => {
  const client = await createClient({ relay: relay.url, direct: false })
  expect(await client.call('rename', { name: '' })).toEqual({
    ok: false,
    error: { kind: 'input', reason: 'name-empty' },
  })
  expect(await client.call('formatDisk' as 'me', null)).toEqual({
    ok: false,
    error: { kind: 'input', reason: 'unknown-method' },
  })
  await client.close()
  await client.close()
  expect(await client.call('me', null)).toEqual({
    ok: false,
    error: { kind: 'storage', reason: 'unavailable' },
  })
})
