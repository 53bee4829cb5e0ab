/** Backups and restores on a real database, with the archive lying open: what goes in, what comes out, and what is left when it does not go well. */
import { expect, test } from 'vitest'
import { createCrypto } from '../../../src/adapters/crypto/crypto.ts'
import { openNodeStore } from '../../../src/adapters/storage/node-store.ts'
import { noPushBox } from '../../../src/adapters/push/push-box.ts'
import { createCore, type Core } from '../../../src/core/core.ts'
import { BACKUP_VERSION, decodeRecords, type BackupRecord } from '../../../src/core/backup/records.ts'
import { AS_THE_DEVICE } from '../../../src/core/domain/settings.ts'
import { maySend, putBehind, putStanding } from '../../../src/core/jobs/standing.ts'
import { StorageFailure, type Store, type Tx } from '../../../src/core/ports/storage.ts'
import { systemRandom } from '../../../src/host/platform.ts'
import { mailboxOnly } from '../../../src/node/mailbox-only.ts'
import { makeBackup, restoreBackup } from '../../../src/ui/lib/backup.ts'
import {
  ANA,
  anywhere,
  BEN,
  contactRow,
  message,
  WITH_ANA,
  WITH_BEN,
} from '../../contract/storage/samples.ts'
import { handClock, silentRelays } from '../../support/core-desk.ts'
import { createParty, START, type Party } from '../../support/crypto-party.ts'
import { fileOf, plainArchive } from '../../support/plain-archive.ts'

const PASSPHRASE = 'a parrot at noon'
const NOWHERE = { ok: false, error: { kind: 'network', reason: 'not-found' } } as const
const input = (reason: string) => ({ ok: false, error: { kind: 'input', reason } })

/** A core over a store, at relays that know of no list. */
const openCore = async (store: Store, crypto = cryptoOf(store)): Promise<Core> => {
  const core = createCore({
    store,
    crypto,
    relays: silentRelays({ getList: async () => NOWHERE }),
    peers: mailboxOnly(),
    clock: handClock({ now: START }),
    random: systemRandom,
    log: { warn: () => undefined },
    health: { estimate: async () => ({ used: null, available: null, persisted: 'unknown' }) },
    archive: plainArchive,
    pushBox: noPushBox,
    homeRelay: 'https://relay.example',
    linkBase: 'https://relay.example',
    restart: () => undefined,
  })
  await core.start()
  return core
}
const cryptoOf = (store: Store) => createCrypto({ store, bytes: systemRandom.bytes, now: () => START })
const openEmpty = async (wrap: (store: Store) => Store = (store) => store) => {
  const store = await openNodeStore({ memory: true })
  return { store, core: await openCore(wrap(store), cryptoOf(store)) }
}

/** Ana's contact and a few words with her. */
const fill = (tx: Tx, words: readonly string[] = ['olá', 'tudo bem?']): void => {
  tx.contacts.put(contactRow(ANA))
  tx.conversations.put({ id: WITH_ANA, draft: 'half a', activeAt: 1 })
  words.forEach((text, n) => tx.messages.insert(message(n, { text })))
}
const openFull = async (words?: readonly string[]): Promise<Party & { core: Core }> => {
  const party = await createParty('Zoë')
  party.store.transaction((tx) => fill(tx, words))
  return { ...party, core: await openCore(party.store, party.crypto) }
}
const backupOf = async (core: Core, between: (piece: number) => unknown = () => undefined): Promise<Blob> => {
  const parts: Blob[] = []
  const made = await makeBackup(
    { client: core, passphrase: PASSPHRASE, look: AS_THE_DEVICE },
    async (bytes) => {
      await between(parts.push(new Blob([new Uint8Array(bytes)])))
    }
  )
  expect(made).toEqual({ ok: true, value: null })
  return new Blob(parts)
}
const recordsIn = async (file: Blob): Promise<BackupRecord[]> => {
  const records: BackupRecord[] = []
  for await (const record of decodeRecords(file.stream())) if (record) records.push(record)
  return records
}
const restore = (core: Core, file: Blob) => restoreBackup(core, PASSPHRASE, file, () => undefined)
const texts = (store: Store, conversation = WITH_ANA): readonly string[] =>
  store.read((tx) => tx.messages.newest({ conversation, limit: 999 })).map(({ text }) => text)
const isEmpty = (store: Store): boolean =>
  store.read(
    (tx) =>
      tx.contacts.list().length + tx.history.messages(-1, 1).length + tx.settings.all().length === 0 &&
      tx.search.waiting() === 'none'
  )
/** Two pieces and more. */
const LONG: readonly string[] = Array.from({ length: 300 }, (_, n) => `${n} ${'x'.repeat(9_000)}`)

/** More than is written with one commit, in half a file. */
const MANY: readonly string[] = Array.from({ length: 2_500 }, (_, n) => `word ${n}`)

test('somebody who writes for the first time while a backup is made is in it whole', async () => {
  const { core, store } = await openFull(LONG)
  const file = await backupOf(core, (piece) => {
    if (piece !== 1) return
    store.transaction((tx) => {
      tx.contacts.put(contactRow(BEN, { name: 'Ben' }))
      tx.conversations.put({ id: WITH_BEN, draft: '', activeAt: 7 })
      tx.messages.insert(message(1, { conversation: WITH_BEN, author: BEN, text: 'am I late?' }))
    })
  })
  const again = await openEmpty()
  expect(await restore(again.core, file)).toMatchObject({ ok: true, value: { me: { name: 'Zoë' } } })
  expect(texts(again.store, WITH_BEN)).toEqual(['am I late?'])
  expect(again.store.read((tx) => tx.contacts.get(BEN)?.name)).toBe('Ben')
  expect(texts(again.store)).toEqual(LONG)
})

test('a file that lacks a conversation gives back its messages', async () => {
  const { core } = await openFull()
  const records = (await recordsIn(await backupOf(core))).filter(({ kind }) => kind !== 'conversation')
  const file = fileOf(
    records.map((record) => (record.kind === 'end' ? { ...record, records: record.records - 1 } : record))
  )
  const again = await openEmpty()
  expect(await restore(again.core, file)).toMatchObject({ ok: true })
  expect(texts(again.store)).toEqual(['olá', 'tudo bem?'])
})

test('backups that are made at once do not hinder each other; one that was left for others is lost', async () => {
  const { core } = await openFull(LONG)
  const wanted = await recordsIn(await backupOf(core))
  const file = await backupOf(core, async () => {
    const other = await backupOf(core)
    expect((await recordsIn(other)).length).toBe(wanted.length)
  })
  expect((await recordsIn(file)).length).toBe(wanted.length)

  const piece = (id: string, index: number) =>
    core.call('backupPiece', { id, passphrase: PASSPHRASE, index, look: AS_THE_DEVICE })
  for (const id of ['a', 'b', 'c', 'd']) expect(await piece(id, 0)).toMatchObject({ ok: true })
  expect(await piece('a', 1), 'asked for lately').toMatchObject({ ok: true })
  expect(await piece('e', 0)).toMatchObject({ ok: true })
  expect(await piece('b', 1)).toEqual(input('backup-lost'))
  expect(await piece('a', 2)).toMatchObject({ ok: true })
})

test('of the settings the person’s and the account’s are in a backup, the device’s are not, and come back from no older file', async () => {
  const { core, store } = await openFull()
  store.transaction((tx) => {
    for (const [key, value] of SETTINGS) tx.settings.put(key, value)
    for (const [key, value] of DEVICE) tx.settings.put(key, value)
    putStanding(tx, 'renewed')
    putBehind(tx, true)
  })
  const file = await backupOf(core)
  const records = await recordsIn(file)
  expect(
    new Map(records.flatMap((record) => (record.kind === 'setting' ? [[record.key, record.value]] : [])))
  ).toEqual(SETTINGS)

  const [head, account, ...rest] = records
  if (!head || !account) throw new Error('no records')
  const added = [...DEVICE].map(([key, value]) => ({ kind: 'setting', key, value }) as const)
  const old = rest.map((record) =>
    record.kind === 'end' ? { ...record, records: record.records + added.length } : record
  )
  const again = await openEmpty()
  expect(await restore(again.core, fileOf([head, account, ...added, ...old]))).toMatchObject({ ok: true })
  const settings = new Map(again.store.read((tx) => tx.settings.all()))
  for (const [key, value] of SETTINGS) if (key !== 'clock') expect(settings.get(key), key).toBe(value)
  for (const [key, value] of DEVICE) expect(settings.get(key), key).not.toBe(value)
  again.store.transaction((tx) => tx.settings.put('device-unknown', 'no'))
  expect(again.store.read(maySend), 'once a relay has the list').toBe(true)
})
const SETTINGS = new Map([
  ['read-receipts', 'off'],
  ['clock', '1790000000000.3'],
  ['invites', '[]'],
  ['retired-delivery-keys', '[]'],
  ['next-delivery-key', 'AAAA'],
  ['left-relays', '[]'],
  [`notification-key:${ANA}`, 'AAAA'],
])
const DEVICE = new Map([
  ['device-behind', 'yes'],
  ['device-standing', 'removed'],
  ['device-starts', '77'],
  ['signed-prekeys', '{"https://relay.example":7}'],
  ['notifications', 'null'],
  ['something-new', '1'],
])

test('a file of a newer version and one that is not whole are refused, each as what it is, and nothing stays', async () => {
  const { core } = await openFull()
  const [head, ...rest] = await recordsIn(await backupOf(core))
  if (head?.kind !== 'backup') throw new Error('no head')
  const again = await openEmpty()
  for (const [records, reason] of [
    [[{ ...head, version: BACKUP_VERSION + 1 }, ...rest], 'backup-newer'],
    [[head, ...rest.slice(0, -1)], 'backup-damaged'],
    [[head, ...rest.slice(1)], 'backup-damaged'],
    [rest, 'backup-damaged'],
    [[], 'backup-damaged'],
  ] as const) {
    expect(await restore(again.core, fileOf(records)), reason).toEqual(input(reason))
    expect(isEmpty(again.store), reason).toBe(true)
  }
})

test('a file whose records do not go together is damaged', async () => {
  const { core } = await openFull()
  const file = await backupOf(core)
  // No such file is known: a conversation that gets lost on its way stands for one.
  const { store, core: again } = await openEmpty((real) => ({
    ...real,
    transaction: (work) =>
      real.transaction((tx) => work({ ...tx, conversations: { ...tx.conversations, put: () => undefined } })),
  }))
  expect(await restore(again, file)).toEqual(input('backup-damaged'))
  expect(isEmpty(store)).toBe(true)
})

test('long messages come in by commits of a few of them', async () => {
  const { core } = await openFull(LONG)
  const sizes: number[] = []
  const { core: again } = await openEmpty((real) => ({
    ...real,
    transaction: (work) =>
      real.transaction((tx) => {
        const at = sizes.push(0) - 1
        const insert: Tx['messages']['insert'] = (row) => {
          sizes[at] = (sizes[at] ?? 0) + row.text.length
          return tx.messages.insert(row)
        }
        return work({ ...tx, messages: { ...tx.messages, insert } })
      }),
  }))
  expect(await restore(again, await backupOf(core))).toMatchObject({ ok: true })
  const all = LONG.join('').length
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(all)
  expect(Math.max(...sizes)).toBeLessThan(all * 0.8)
})

test('when the disk is full in the middle nothing stays, and afterwards it can be restored', async () => {
  const { core } = await openFull()
  const file = await backupOf(core)
  let isFull = true
  // The last thing to be written finds no room.
  const { store, core: again } = await openEmpty((real) => ({
    ...real,
    transaction: (work) =>
      real.transaction((tx) => work(isFull ? { ...tx, outbox: { ...tx.outbox, add: throwFull } } : tx)),
  }))
  expect(await restore(again, file)).toEqual({ ok: false, error: { kind: 'storage', reason: 'full' } })
  expect(await again.call('me', null)).toEqual({ ok: true, value: null })
  expect(isEmpty(store)).toBe(true)
  isFull = false
  expect(await restore(again, file)).toMatchObject({ ok: true })
  expect(texts(store)).toEqual(['olá', 'tudo bem?'])
  expect(
    store.read((tx) => tx.outbox.ofAccount(ANA, 9)),
    'contacts are told'
  ).toHaveLength(1)
})
const throwFull = (): never => {
  throw new StorageFailure('full')
}

test('when the disk is full after a restore everything is there', async () => {
  const { core } = await openFull()
  const file = await backupOf(core)
  const { store, core: again } = await openEmpty((real) => ({
    ...real,
    transaction: (work) => (real.read((tx) => tx.account.get()) ? throwFull() : real.transaction(work)),
  }))
  expect(await restore(again, file)).toMatchObject({ ok: true, value: { me: { name: 'Zoë' } } })
  expect(texts(store)).toEqual(['olá', 'tudo bem?'])
})

test('a restore that nobody goes on with leaves nothing to a new account, and never takes its place', async () => {
  const { core } = await openFull(MANY)
  const file = await backupOf(core)
  const { store, core: again } = await openEmpty()
  const piece = async (id: string, index: number, bytes: Blob | null) =>
    again.call('restorePiece', {
      id,
      passphrase: PASSPHRASE,
      index,
      bytes: bytes && new Uint8Array(await bytes.arrayBuffer()),
    })
  const half = Math.floor(file.size / 2)
  // Somebody else begins one meanwhile.
  expect(await piece('first', 0, file.slice(0, half))).toEqual({
    ok: true,
    value: { me: null, look: AS_THE_DEVICE },
  })
  expect(await piece('second', 0, file.slice(0, half))).toEqual({
    ok: true,
    value: { me: null, look: AS_THE_DEVICE },
  })
  expect(await piece('first', 1, file.slice(half))).toEqual(input('backup-lost'))
  expect(await piece('second', 1, file.slice(half))).toEqual({
    ok: true,
    value: { me: null, look: AS_THE_DEVICE },
  })

  expect(
    store.read((tx) => tx.history.messages(-1, 1)),
    'some of it is there'
  ).toHaveLength(1)
  expect(await again.call('createAccount', { name: 'Lia' })).toMatchObject({ ok: true })
  expect(await piece('second', 2, null)).toEqual(input('account-exists'))
  expect(await again.call('me', null)).toMatchObject({ ok: true, value: { name: 'Lia' } })
  expect(store.read((tx) => [tx.contacts.list(), tx.history.messages(-1, 9)])).toEqual([[], []])

  store.transaction((tx) => fill(tx, ['a parrot']))
  expect(store.search(anywhere('parrot'), null, 9).hits, 'it can be searched').toHaveLength(1)
})

test('a message that is to vanish comes back with the rest of its time, and not when that is over', async () => {
  const { core, store } = await openFull([])
  const vanish = { after: 60, set: { physical: START, logical: 2 } }
  store.transaction((tx) => {
    tx.contacts.put(contactRow(ANA, { vanish }))
    for (const n of [1, 2, 3]) tx.messages.insert(message(n, { text: `text ${n}`, vanishAfter: 60 }))
    tx.messages.beginVanishing(message(2), START)
    tx.messages.beginVanishing(message(3), START - 60_000)
  })
  const file = await backupOf(core)
  expect(await file.text()).toContain('text 3')
  const again = await openEmpty()
  expect(await restore(again.core, file)).toMatchObject({ ok: true })
  expect(texts(again.store)).toEqual(['text 1', 'text 2'])
  const end = START + 60_000
  again.store.read((tx) => {
    expect(tx.messages.vanishing()).toEqual({ first: end, last: end })
    expect(tx.messages.get(message(1))?.vanishAfter).toBe(60)
    expect(tx.contacts.get(ANA)?.vanish).toEqual(vanish)
  })
})
