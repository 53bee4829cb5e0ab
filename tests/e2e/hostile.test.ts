/** Those who were not asked in get nowhere, and links that are not whole say what is wrong with them. */
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { formatInvite, parseInvite, type Invite } from '../../src/protocol/invite.ts'
import {
  accountIdOf,
  addByLink,
  goTo,
  inviteLink,
  message,
  onboard,
  pathIs,
  reached,
  send,
  sendMany,
} from '../support/app.ts'
import { depositBody } from '../contract/relay/kit/device.ts'
import { parseRequests } from '../support/http-record.ts'
import { readMessages } from '../support/message-list.ts'
import { deposits } from '../support/relay-view.ts'
import { storedEnvelopes } from '../support/relay-store.ts'
import { texts } from '../support/settled.ts'
import { until } from '../support/until.ts'
import { befriend, createWorld } from '../support/world.ts'
import english from '../../messages/en.json' with { type: 'json' }

test('a stranger who knows an id but has no invite gets nowhere', async () => {
  await using world = await createWorld({ record: true })
  const { ana, bia, relay, relayData, network } = world
  await Promise.all([onboard(ana.page, ana.name), onboard(bia.page, bia.name)])
  const invite = readInvite(await inviteLink(ana.page))

  // Through the relay's API, with a key of one's own making and with none.
  for (const headers of [{}, { 'mepassa-key': randomBytes(32).toString('base64url') }]) {
    const ask = (method: string, path: string, body?: Uint8Array<ArrayBuffer>): Promise<number> =>
      fetch(`${relay.url}${path}`, {
        method,
        headers: { ...headers, ...(body && { 'content-type': 'application/x-protobuf' }) },
        body: body ?? null,
      }).then(({ status }) => status)
    const deposit = Uint8Array.from(depositBody([{ id: randomBytes(16), body: randomBytes(300) }]))
    expect([401, 403, 404]).toContain(await ask('POST', `/v1/mailboxes/${invite.account}`, deposit))
    expect([401, 403, 404]).toContain(await ask('POST', `/v1/prekeys/${invite.account}/claim`))
    expect([401, 403, 404]).toContain(await ask('GET', `/v1/endpoints/${invite.account}`))
  }

  // Through the app, with a link made up around the real account.
  const { origin } = new URL(bia.page.url())
  const forged = formatInvite(origin, { ...invite, requestKey: randomBytes(32), name: 'Ana' })
  await goTo(bia.page, 'add')
  await bia.page.getByTestId('paste-link').fill(forged)
  await bia.page.getByTestId('paste-link').press('Enter')
  await bia.page.getByTestId('confirm-add').click()
  await until('the app has knocked at the relay with it', () =>
    network.b.relayPath
      .connections()
      .flatMap((sent) => parseRequests(sent))
      .some(({ method, path }) => method === 'POST' && path.includes(invite.account))
  )
  expect(storedEnvelopes(relayData)).toBe(0)
  expect(await ana.page.getByTestId('requests-link').count()).toBe(0)

  // The real link still works: it was the key that was missing.
  await addByLink(bia.page, formatInvite(origin, invite))
  await ana.page.getByTestId('requests-link').waitFor()
})

test('a blocked contact’s messages reach nobody, and the direct path to them ends', async () => {
  await using world = await createWorld()
  const { ana, bia, relayData } = world
  await befriend(world)
  await Promise.all([pathIs(ana.page, 'direct'), pathIs(bia.page, 'direct')])
  await send(bia.page, 'while we were friends')
  await reached(bia.page, 'while we were friends', ['read'])

  const biaId = await accountIdOf(ana.page)
  await goTo(ana.page, `contact/${biaId}`)
  await ana.page.getByTestId('block-contact').click()
  await ana.page.getByTestId('confirm-block').click()
  await ana.page.getByTestId('unblock-contact').waitFor()
  await pathIs(bia.page, 'relay')

  await sendMany(bia.page, 'let me in', 3)
  await reached(bia.page, 'let me in 3', ['sent', 'failed'])
  await until('what came was taken from the mailbox', () => storedEnvelopes(relayData) === 0)
  expect(await ana.page.getByTestId('chat-row').count()).toBe(0)
  await goTo(ana.page, `chat/${biaId}`)
  await ana.page.getByTestId('unblock-contact').waitFor()
  expect(texts(await readMessages(ana.page))).toEqual(['while we were friends'])
  expect(await message(bia.page, 'let me in 3').getAttribute('data-state')).not.toBe('delivered')

  // Let in again, one is heard again: what was written meanwhile stays unheard.
  await ana.page.getByTestId('unblock-contact').click()
  await ana.page.getByTestId('composer').waitFor()
  await send(bia.page, 'thank you')
  await message(ana.page, 'thank you').waitFor()
})

test('each kind of broken link says what is wrong with it, and nothing is sent', async () => {
  await using world = await createWorld({ record: true })
  const { ana, bia } = world
  await Promise.all([onboard(ana.page, ana.name), onboard(bia.page, bia.name)])
  const own = await inviteLink(bia.page)
  const link = await inviteLink(ana.page)
  const at = link.indexOf('#/invite/') + '#/invite/'.length
  const flipped = link[at + 60] === 'A' ? 'B' : 'A'
  const broken = {
    error_input_link_truncated: link.slice(0, -20),
    error_input_link_tampered: `${link.slice(0, at + 60)}${flipped}${link.slice(at + 61)}`,
    error_input_link_newer_version: `${link.slice(0, at)}${Buffer.from([2]).toString('base64url')}${link.slice(at + 2)}`,
    error_input_link_malformed: `${link.slice(0, at)}%40${link.slice(at)}`,
    error_input_link_expired: formatInvite(new URL(link).origin, { ...readInvite(link), expiresAt: 1 }),
    error_input_link_own: own,
  } as const
  const before = deposits(world)
  const told = new Set<string>()
  for (const [name, text] of Object.entries(broken)) {
    const sentence = english[name as keyof typeof broken]
    // As an opened address, and pasted.
    await bia.page.goto(text)
    await bia.page.getByTestId('invite-error').getByText(sentence).waitFor()
    await goTo(bia.page, 'add')
    await bia.page.getByTestId('paste-link').fill(text)
    await bia.page.getByTestId('paste-link').press('Enter')
    await bia.page.getByRole('alert').getByText(sentence).waitFor()
    expect(await bia.page.getByTestId('confirm-add').count()).toBe(0)
    told.add(sentence)
  }
  expect(told.size).toBe(Object.keys(broken).length)
  expect(deposits(world)).toBe(before)
})

const readInvite = (link: string): Invite => {
  const parsed = parseInvite(link, Date.now())
  if (!parsed.ok) throw new Error(parsed.error.reason)
  return parsed.value
}
