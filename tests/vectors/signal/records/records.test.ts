import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import * as ours from '../../../../src/signal/index.ts'
import { asText, utf8, type Party } from '../../../interop/signal/harness.ts'
import { GROUP, restoredParty, toBytes, type InFlight, type Moment, type RecordFile } from './story.ts'

const files = (await readdir(import.meta.dirname)).filter((name) => name.endsWith('.json')).sort()
const load = async (file: string): Promise<RecordFile> =>
  JSON.parse(await readFile(new URL(file, import.meta.url), 'utf8')) as RecordFile
const moments = await Promise.all(
  files.map(async (file) => (await load(file)).moments.map((moment) => [file, moment.what, moment] as const))
)

const read = async (parties: ReadonlyMap<string, Party>, message: InFlight): Promise<string> => {
  const [from, to] = [parties.get(message.from), parties.get(message.to)] as [Party, Party]
  const bytes = toBytes(message.bytes)
  if (message.kind === 'session') return asText(await to.decrypt(from, { type: message.type, bytes }))
  return asText(await ours.groupDecrypt(from.address, to.stores.senderKeys, bytes))
}

const talk = async (parties: readonly Party[], rounds: number): Promise<void> => {
  const [alice, bob] = parties as [Party, Party]
  for (let i = 0; i < rounds; i++)
    for (const [from, to] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const wire = await from.encrypt(to, utf8(`new ${i}`))
      expect(asText(await to.decrypt(from, wire))).toBe(`new ${i}`)
    }
}

const restored = (moment: Moment): Map<string, Party> =>
  new Map(
    moment.parties.map((stored) => {
      const party = restoredParty(stored)
      return [party.address.toString(), party]
    })
  )

test('there are records of every version', () => {
  expect(files).toContain('v1.json')
})

describe.each(moments.flat())('records of %s: %s', (_, __, moment) => {
  test('what was on its way arrives, and arrives once', async () => {
    const parties = restored(moment)
    for (const message of [...moment.inFlight].reverse()) {
      expect(await read(parties, message)).toBe(message.text)
      await expect(read(parties, message)).rejects.toMatchObject({ code: 1 })
    }
    await talk([...parties.values()], 3)
  })

  test('without it both go on, through a whole epoch', async () => {
    const parties = [...restored(moment).values()]
    await talk(parties, 50)
    const [alice, bob] = parties as [Party, Party]
    if (alice.stores.state.senderKeys.size === 0) return
    const sealed = await ours.groupEncrypt(alice.address, GROUP, alice.stores.senderKeys, utf8('to all'))
    const opened = await ours.groupDecrypt(alice.address, bob.stores.senderKeys, sealed.serialize())
    expect(asText(opened)).toBe('to all')
  })
})
