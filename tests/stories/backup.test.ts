/** A person makes a backup, loses the device, restores it elsewhere and goes on talking. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Commanding, MessageWindow, Outcome } from '../../src/client/contract.ts'
import { createClient } from '../../src/node/create-client.ts'
import { conversationWith, type ConversationId } from '../../src/protocol/ids.ts'
import { makeBackup, restoreBackup } from '../../src/ui/lib/backup.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess, type RelayProcess } from '../support/relay-process.ts'
import { until } from '../support/until.ts'

const PASSPHRASE = 'a parrot at noon'
const LOOK = { theme: 'dark', language: null }
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
const open = async (): Promise<Commanding> => {
  const client = await createClient({ relay: relay.url, direct: false })
  stack.defer(() => client.close())
  return client
}
const texts = (client: Commanding, conversation: ConversationId): (() => readonly string[]) => {
  let window: MessageWindow | undefined
  client.messages(conversation, 1_000, (value) => (window = value))
  return () => (window?.messages ?? []).filter(({ kind }) => kind === 'text').map(({ text }) => text)
}
/** Without a stream the mailbox is asked when one wakes. */
const waitFor = (
  what: string,
  clients: readonly Commanding[],
  is: () => boolean | Promise<boolean>
): Promise<unknown> =>
  until(what, async () => {
    for (const client of clients) await client.call('wake', null)
    return is()
  })
const backupOf = async (client: Commanding, passphrase: string): Promise<Blob> => {
  const parts: Blob[] = []
  good(
    await makeBackup(
      { client, passphrase, look: LOOK },
      (bytes) => void parts.push(new Blob([new Uint8Array(bytes)]))
    )
  )
  return new Blob(parts)
}
const restore = (client: Commanding, passphrase: string, file: Blob) =>
  restoreBackup(client, passphrase, file, () => undefined)

test('history, contacts and settings come back on a new device, and both go on talking', async () => {
  const ana = await open()
  const bia = await open()
  const me = good(await ana.call('createAccount', { name: 'Ana' }))
  good(await bia.call('createAccount', { name: 'Bia' }))
  const { link } = good(await ana.call('inviteLink', { renew: false }))
  const withAna = conversationWith(good(await bia.call('addContact', { link })).account)
  await waitFor('the request', [ana], async () => good(await ana.contacts())[0]?.state === 'request')
  const [request] = good(await ana.contacts())
  if (!request) throw new Error('no request')
  good(await ana.call('acceptRequest', { account: request.account }))
  const withBia = conversationWith(request.account)
  await waitFor('the answer', [bia], async () => good(await bia.contacts())[0]?.state === 'accepted')
  const biaSees = texts(bia, withAna)
  const anaSees = texts(ana, withBia)
  for (let n = 0; n < 5; n++) good(await ana.sendMessage(withBia, `olá ${n} 漢字`))
  good(await bia.sendMessage(withAna, 'tudo bem?'))
  await waitFor('all arrive', [ana, bia], () => biaSees().length === 6 && anaSees().length === 6)
  good(await ana.call('setReadReceipts', { on: false }))
  good(await ana.call('saveDraft', { conversation: withBia, text: 'half a' }))

  const file = await backupOf(ana, PASSPHRASE)
  const plain = new TextDecoder('latin1').decode(await file.arrayBuffer())
  expect(plain.startsWith('age-encryption.org/v1\n')).toBe(true)
  expect(plain).not.toContain('olá')
  await ana.close()
  // Written to who is not there any more.
  good(await bia.sendMessage(withAna, 'are you there?'))

  const again = await open()
  expect(await restore(again, 'a parrot at moon', file)).toEqual({
    ok: false,
    error: { kind: 'input', reason: 'wrong-passphrase' },
  })
  for (const [bad, reason] of [
    [file.slice(0, file.size - 20), 'backup-damaged'],
    [new Blob(['hello, this is no backup at all']), 'no-backup'],
    [new Blob([]), 'no-backup'],
  ] as const)
    expect(await restore(again, PASSPHRASE, bad), reason).toEqual({
      ok: false,
      error: { kind: 'input', reason },
    })
  expect(good(await again.call('me', null))).toBeNull()

  expect(good(await restore(again, `  ${PASSPHRASE}\n`, file))).toEqual({ me, look: LOOK })
  const restored = texts(again, withBia)
  expect(restored().slice(0, 6)).toEqual([...anaSees()])
  expect(good(await again.call('settings', null))).toEqual({ readReceipts: false })
  expect(good(await again.contacts()).map(({ name, state }) => [name, state])).toEqual([['Bia', 'accepted']])

  good(await again.sendMessage(withBia, 'I am back'))
  await waitFor('Bia reads it', [again, bia], () => biaSees().includes('I am back'))
  good(await bia.sendMessage(withAna, 'at last'))
  await waitFor('Ana reads it', [again, bia], () => restored().includes('at last'))
  await waitFor('what was written meanwhile', [again, bia], () => restored().includes('are you there?'))
  await waitFor('it can be searched', [again], async () => {
    const scope = { conversation: null, author: null, from: null, until: null }
    return good(await again.call('search', { query: '漢', scope, after: null, limit: 9 })).hits.length === 5
  })
  const second = await restore(again, PASSPHRASE, file)
  expect(second).toEqual({ ok: false, error: { kind: 'input', reason: 'account-exists' } })
})
