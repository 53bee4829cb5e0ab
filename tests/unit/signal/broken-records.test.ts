import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { concat } from '../../../src/signal/bytes.ts'
import * as signal from '../../../src/signal/index.ts'
import { readUint, writeUint } from '../../../src/signal/proto/varint.ts'
import { toBytes, type RecordFile } from '../../vectors/signal/records/story.ts'

const file = new URL('../../vectors/signal/records/v1.json', import.meta.url)
const { moments } = JSON.parse(await readFile(file, 'utf8')) as RecordFile

type Field = { readonly tag: Uint8Array; readonly content: Uint8Array; readonly isBytes: boolean }

/** The fields of protobuf bytes; `null` when they are something else. */
const fieldsOf = (bytes: Uint8Array): Field[] | null => {
  const fields: Field[] = []
  for (let at = 0; at < bytes.length;) {
    const tag = readUint(bytes, at)
    const wire = (tag?.low ?? 0) & 7
    if (!tag || (wire !== 0 && wire !== 2)) return null
    const number = readUint(bytes, tag.end)
    const end = number && (wire === 0 ? number.end : number.end + number.low)
    if (!number || end === null || end > bytes.length) return null
    const content = wire === 0 ? bytes.subarray(tag.end, end) : bytes.subarray(number.end, end)
    fields.push({ tag: bytes.subarray(at, tag.end), content, isBytes: wire === 2 })
    at = end
  }
  return fields
}

const joined = (fields: readonly Field[]): Uint8Array =>
  concat(
    ...fields.flatMap(({ tag, content, isBytes }) =>
      isBytes ? [tag, writeUint(content.length), content] : [tag, content]
    )
  )

/** The bytes with one field left out or one byte field cut short, at every depth. */
const damaged = (bytes: Uint8Array): Uint8Array[] => {
  const fields = fieldsOf(bytes) ?? []
  return fields.flatMap((field, i) => {
    const changed = (content: Uint8Array): Uint8Array =>
      joined(fields.map((other, j) => (i === j ? { ...field, content } : other)))
    const inner = field.isBytes ? damaged(field.content).map(changed) : []
    const short = field.isBytes && field.content.length > 0 ? [changed(field.content.subarray(1))] : []
    return [joined(fields.filter((_, j) => i !== j)), ...short, ...inner]
  })
}

const parties = moments.flatMap((moment) => moment.parties.map((party) => [moment.what, party] as const))

/** Uses the session in a record; whatever is wrong with it must be said by a typed error. */
const useSession = (bytes: Uint8Array): void => {
  const record = signal.SessionRecord.deserialize(bytes)
  record.hasCurrentState()
  record.archiveCurrentState()
}

describe.each(parties)('records of "%s", damaged', (_, party) => {
  const kinds: readonly (readonly [keyof typeof party.records, (bytes: Uint8Array) => unknown])[] = [
    ['sessions', useSession],
    ['senderKeys', (bytes) => signal.SenderKeyRecord.deserialize(bytes)],
    ['preKeys', (bytes) => signal.PreKeyRecord.deserialize(bytes)],
    ['signedPreKeys', (bytes) => signal.SignedPreKeyRecord.deserialize(bytes)],
    ['kyberPreKeys', (bytes) => signal.KyberPreKeyRecord.deserialize(bytes)],
  ]

  test(`a typed error or a record, for ${party.name}.${party.device}`, () => {
    let refused = 0
    for (const [kind, use] of kinds)
      for (const text of Object.values(party.records[kind]))
        for (const bytes of damaged(toBytes(text)))
          try {
            use(bytes)
          } catch (error) {
            expect(error).toBeInstanceOf(signal.LibSignalErrorBase)
            refused++
          }
    expect(refused).toBeGreaterThan(0)
  })
})

test('a record without a session says so', () => {
  const record = signal.SessionRecord.deserialize(
    Uint8Array.of(0xa0, 0x06, 1) // nothing but the version of the format
  )
  expect(record.hasCurrentState()).toBe(false)
  expect(() => record.localRegistrationId()).toThrow(expect.objectContaining({ reason: 'session-not-found' }))
  expect(() => record.remoteRegistrationId()).toThrow(
    expect.objectContaining({ reason: 'session-not-found' })
  )
})
