/**
 * All that whoever runs the relay can look at: what it stored, what it logged, what it received. What may not be there is
 * not there in any form; what live traffic still shows is listed, and told in the threat model.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { accountIdOf, openChat, pathIs, reached, send, sendMany } from '../support/app.ts'
import { parseRequests, type RecordedRequest } from '../support/http-record.ts'
import type { Machine } from '../support/network.ts'
import { dumpRelay, storedEnvelopes } from '../support/relay-store.ts'
import { settled } from '../support/settled.ts'
import { holdsAccount, holdsText } from '../support/traces.ts'
import { until } from '../support/until.ts'
import { befriend, createWorld } from '../support/world.ts'

const COUNT = 5

/** What a deposit may tell of the page that makes it: what every browser says with every request. */
const PLAIN_HEADERS = [
  ...[
    'accept',
    'accept-encoding',
    'accept-language',
    'cache-control',
    'connection',
    'content-length',
    'content-type',
  ],
  ...['host', 'mepassa-key', 'origin', 'pragma', 'referer', 'user-agent'],
]

test('the relay stores, logs and receives no plaintext, no name, and nothing of the sender with a deposit', async () => {
  await using world = await createWorld({ record: true })
  const { ana, bia, network, relay, relayData } = world
  await befriend(world)
  await Promise.all([pathIs(ana.page, 'direct'), pathIs(bia.page, 'direct')])
  const [anaId, biaId] = [await accountIdOf(bia.page), await accountIdOf(ana.page)]
  const said = [
    ...(await sendMany(ana.page, 'Jaca madura', COUNT)),
    ...(await sendMany(bia.page, 'Caju doce', COUNT)),
  ]
  await settled(world, said.length)

  await bia.browser.close()
  said.push(...(await sendMany(ana.page, 'Umbu azedo', COUNT)))
  await until('they wait at the relay', () => storedEnvelopes(relayData) >= COUNT)
  const waiting = wholeFolder(relayData)
  const rows = JSON.stringify(dumpRelay(relayData), asText)
  await bia.open()
  await bia.page.goto('/')
  await openChat(bia.page, ana.name)
  await network.cutDirect()
  await pathIs(bia.page, 'relay')
  await send(bia.page, 'Pitomba fresca')
  await reached(bia.page, 'Pitomba fresca', ['delivered', 'read'])
  said.push('Pitomba fresca')

  const requests = { ana: requestsOf(network.a), bia: requestsOf(network.b) }
  const received = Buffer.concat([...network.a.relayPath.connections(), ...network.b.relayPath.connections()])
  const log = Buffer.from(relay.log())
  const held = { waiting, rows: Buffer.from(rows), later: wholeFolder(relayData), log, received }
  for (const [place, bytes] of Object.entries(held)) {
    for (const secret of [...said, ana.name, bia.name])
      expect(`${place}: ${holdsText(bytes, secret)}`).toBe(`${place}: false`)
  }
  expect(relay.log()).not.toBe('')
  for (const account of [anaId, biaId]) expect(holdsAccount(log, account)).toBe(false)

  const byAna = requests.ana.filter((request) => isDeposit(request, biaId))
  const byBia = requests.bia.filter((request) => isDeposit(request, anaId))
  expect(byAna.length).toBeGreaterThanOrEqual(1)
  expect(byBia.length).toBeGreaterThanOrEqual(1)
  for (const [deposits, sender] of [
    [byAna, anaId],
    [byBia, biaId],
  ] as const) {
    for (const { raw, headers, method } of deposits) {
      expect(method).toBe('POST')
      expect(holdsAccount(raw, sender)).toBe(false)
      expect(
        [...headers.keys()].filter((name) => !PLAIN_HEADERS.includes(name) && !name.startsWith('sec-'))
      ).toEqual([])
      expect(headers.get('referer') ?? '').not.toContain('#')
    }
  }
  // The search would have found it: requests that a device signs do name it.
  const signed = requests.ana.filter(({ headers }) => headers.has('signature'))
  expect(signed.some(({ raw }) => holdsAccount(raw, anaId))).toBe(true)
  expect(holdsText(Buffer.from(Buffer.from(`x${said[0] ?? ''}`).toString('base64url')), said[0] ?? '')).toBe(
    true
  )

  const shown = {
    'signed requests come from the same address as deposits': signed.length > 0 && byAna.length > 0,
    'deposits name the recipient and are counted and timed': byAna.every(({ path }) => path.includes(biaId)),
    'both stay connected by WebSocket, so each circuit between them passes by':
      upgrades(requests.ana) > 0 && upgrades(requests.bia) > 0,
    'endpoints of a contact are asked for from one’s own address': requests.bia.some(({ path }) =>
      path.startsWith('/v1/endpoints/')
    ),
  }
  expect(shown).toEqual(Object.fromEntries(Object.keys(shown).map((fact) => [fact, true])))
  const told = readFileSync('docs/THREAT-MODEL.md', 'utf8')
  for (const words of [
    'watching live traffic',
    'the relay introduces them',
    'come from an address too',
    'how many\nenvelopes wait',
  ])
    expect(told).toContain(words)
})

const requestsOf = ({ relayPath }: Machine): readonly RecordedRequest[] =>
  relayPath.connections().flatMap((sent) => parseRequests(sent))

const isDeposit = ({ path }: RecordedRequest, to: string): boolean => path === `/v1/mailboxes/${to}`

const upgrades = (requests: readonly RecordedRequest[]): number =>
  requests.filter(({ headers }) => headers.has('upgrade')).length

const wholeFolder = (folder: string): Buffer =>
  Buffer.concat(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
  )

const asText = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value
