/**
 * Writes records of today's version into a new file: `node tests/vectors/signal/records/write.ts v2.json`. To be run once
 * whenever a layout changes; the files of former versions stay, and must go on loading.
 */
import { writeFile } from 'node:fs/promises'
import * as ours from '../../../../src/signal/index.ts'
import { SessionRecord } from '../../../../src/signal/session/record.ts'
import { loadSession } from '../../../../src/signal/session/storage.ts'
import { createPartyOn, utf8, type Party } from '../../../interop/signal/harness.ts'
import { GROUP, storedParty, toText, type InFlight, type Moment } from './story.ts'

const ALICE = '9d0652a3-dcc3-4d11-975f-74d61598733f'
const BOB = '796abedb-ca4e-4f18-8803-1fde5b921f9f'
const CAROL = '1b1b1b1b-ca4e-4f18-8803-1fde5b921f9f'
const STATES = 11
const LATE = 4
const MAX_IN_FLIGHT = 2

const alice = createPartyOn('ours', ours, ALICE, 1)
const bob = createPartyOn('ours', ours, BOB, 2)
const carol = createPartyOn('ours', ours, CAROL, 1)
const inFlight: InFlight[] = []
let sent = 0

const braid = (party: Party, peer: Party): string => {
  const bytes = party.stores.state.sessions.get(peer.address.toString()) as Uint8Array
  return loadSession(SessionRecord.deserialize(bytes).currentBytes() as Uint8Array)?.spqr.braid.tag ?? 'none'
}

const send = async (from: Party, to: Party, isLate: boolean): Promise<void> => {
  const text = `message ${sent++}`
  const wire = await from.encrypt(to, utf8(text))
  if (!isLate) await to.decrypt(from, wire)
  else {
    const route = { from: from.address.toString(), to: to.address.toString() }
    inFlight.push({ ...route, kind: 'session', type: wire.type, bytes: toText(wire.bytes), text })
  }
}

const sendToGroup = async (isLate: boolean): Promise<void> => {
  const text = `message ${sent++}`
  const message = await ours.groupEncrypt(alice.address, GROUP, alice.stores.senderKeys, utf8(text))
  if (!isLate) await ours.groupDecrypt(alice.address, bob.stores.senderKeys, message.serialize())
  else {
    const route = { from: alice.address.toString(), to: bob.address.toString() }
    inFlight.push({ ...route, kind: 'group', type: 7, bytes: toText(message.serialize()), text })
  }
}

const moments: Moment[] = []
const keep = (what: string, parties: readonly Party[]): void => {
  moments.push({ what, parties: parties.map(storedParty), inFlight: [...inFlight] })
}

// An archived session with something on its way, a group with something skipped, and prekeys that wait for a message.
await alice.begin(bob)
await send(alice, bob, false)
await send(bob, alice, false)
await send(alice, bob, true)
await alice.begin(bob, { lastResort: true })
await send(alice, bob, false)
const distribution = await ours.SenderKeyDistributionMessage.create(
  alice.address,
  GROUP,
  alice.stores.senderKeys
)
await ours.processSenderKeyDistributionMessage(alice.address, distribution, bob.stores.senderKeys)
for (const isLate of [false, true, true, false]) await sendToGroup(isLate)
await carol.begin(bob)
await send(carol, bob, true)
keep('archived sessions, groups and prekeys', [alice, bob, carol])

// A moment for each state of the braid, with messages of both sides on their way.
inFlight.length = 0
const seen = new Set<string>()
while (seen.size < STATES) {
  const [from, to] = sent % 3 === 0 ? [bob, alice] : [alice, bob]
  await send(from, to, sent % LATE === 0)
  if (inFlight.length > MAX_IN_FLIGHT) inFlight.shift()
  const states = [braid(alice, bob), braid(bob, alice)]
  if (states.every((state) => seen.has(state))) continue
  for (const state of states) seen.add(state)
  keep(states.join(' and '), [alice, bob])
}

const [file] = process.argv.slice(2)
if (!file) throw new Error('a file name is wanted')
await writeFile(
  new URL(file, import.meta.url),
  `${JSON.stringify({ writtenBy: 'version 0.1.0', moments }, null, 2)}\n`
)
