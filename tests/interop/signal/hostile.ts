import { ratchetEncrypt } from '../../../src/signal/ratchet/encrypt.ts'
import { SessionRecord } from '../../../src/signal/session/record.ts'
import type { SessionState } from '../../../src/signal/session/state.ts'
import { loadSession } from '../../../src/signal/session/storage.ts'
import { expect } from 'vitest'
import { createParty, utf8, type LibraryName, type Party, type Wire } from './party.ts'

export const ALICE = '9d0652a3-dcc3-4d11-975f-74d61598733f'
export const BOB = '796abedb-ca4e-4f18-8803-1fde5b921f9f'
/** The protocol's own limit instead of our policy's. */
const FAR = { limits: { sessionJump: 25_000 } }

const snapshot = (party: Party): string =>
  JSON.stringify(
    [party.stores.state.sessions, party.stores.state.preKeys, party.stores.state.kyberPreKeys].map((map) =>
      [...map].map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')])
    )
  )

/** A pair that has talked in both directions. */
export const talking = async (from: LibraryName, to: LibraryName): Promise<readonly [Party, Party]> => {
  const [alice, bob] = [createParty(from, ALICE, 1, FAR), createParty(to, BOB, 2, FAR)]
  await alice.begin(bob)
  await bob.decrypt(alice, await alice.encrypt(bob, utf8('one')))
  await alice.decrypt(bob, await bob.encrypt(alice, utf8('two')))
  return [alice, bob]
}

/** Has the receiver refuse a message with such an error, and change nothing. */
export const refused = async (
  receiver: Party,
  sender: Party,
  wire: Wire,
  error: object = {}
): Promise<void> => {
  const before = snapshot(receiver)
  await expect(receiver.decrypt(sender, wire)).rejects.toMatchObject(error)
  expect(snapshot(receiver)).toBe(before)
}

/** What a party of ours holds of its session with a peer. */
export const currentState = (party: Party, peer: Party): SessionState => {
  const bytes = party.stores.state.sessions.get(party.addressOf(peer).toString()) as Uint8Array
  return loadSession(SessionRecord.deserialize(bytes).currentBytes() as Uint8Array) as SessionState
}

/** Has `count` messages sent that never arrive; ours advances its chains without building them. */
export const skip = async (from: Party, to: Party, count: number): Promise<void> => {
  if (from.name === 'official') {
    for (let i = 0; i < count; i++) await from.encrypt(to, utf8('lost'))
    return
  }
  const state = currentState(from, to)
  for (let i = 0; i < count; i++) ratchetEncrypt(state, new Uint8Array(0), undefined)
  const record = (await from.stores.sessions.getSession(from.addressOf(to))) as SessionRecord
  await from.stores.sessions.saveSession(from.addressOf(to), record.withCurrent(state))
}
