/** A relay that gives out damaged mail: nothing of it is stored, and the honest mail that follows is read. */
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MailboxPageSchema } from '../../src/protocol/gen/wire_pb.js'
import { damage, damaged } from '../support/bytes.ts'
import { freePort } from '../support/free-port.ts'
import { createHeadless, meet } from '../support/headless.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { until } from '../support/until.ts'

const RUNS = 1_000

test('a thousand damaged answers of the mailbox store nothing, and end nothing', async () => {
  await using folder = await newFolder('relay')
  const relay = await startRelayProcess({
    dataDir: folder.path,
    port: await freePort(),
    env: { WEBRTC_PORT: 'off' },
  })
  /** Pages as the relay gave them, to be damaged. */
  const honest: Uint8Array[] = [toBinary(MailboxPageSchema, create(MailboxPageSchema, {}))]
  let hostile: readonly Uint8Array[] = []
  let given = 0
  const ask: typeof fetch = async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input)
    const isMailbox = init?.method === 'GET' && pathname === '/v1/mailbox'
    if (isMailbox && given < hostile.length) return new Response(hostile[given++]?.slice())
    const response = await fetch(input, init)
    if (isMailbox && response.ok) honest.push(new Uint8Array(await response.clone().arrayBuffer()))
    return response
  }
  {
    await using ana = await createHeadless('Ana', relay.url, ask)
    await using bia = await createHeadless('Bia', relay.url)
    await meet(ana, bia)
    for (const text of ['one', 'two']) await bia.say(ana, text)
    await until('they are read', () => ana.texts(bia).length === 2)
    expect(honest.some((page) => page.length > 100)).toBe(true)

    const pages = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.tuple(fc.constantFrom(...honest), damage).map(([page, change]) => damaged(page, change))
    )
    given = 0
    hostile = fc.sample(pages, RUNS)
    await until(
      'all are asked for',
      async () => {
        await ana.core.call('wake', null)
        return given === RUNS
      },
      { every: 1 }
    )
    const before = ana.store.read((tx) => tx.conversations.list(null, 10).length)
    await bia.say(ana, 'three')
    await until('the honest one is read', () => ana.texts(bia).includes('three'))
    expect(ana.texts(bia)).toEqual(['one', 'two', 'three'])
    expect(ana.store.read((tx) => tx.conversations.list(null, 10).length)).toBe(before)
    expect(before).toBe(1)
  }
  await relay.kill()
})
