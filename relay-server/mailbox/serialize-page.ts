import type { StoredEnvelope } from './mailbox-store.ts'

/** Tags of wire.proto's fields: the number and the wire type, in one byte. */
const TAGS = {
  page: { delivery: 0x0a, more: 0x10 },
  delivery: { envelope: 0x0a, request: 0x10, storedAt: 0x18 },
  envelope: { id: 0x0a, body: 0x12 },
} as const

/**
 * A page as it is sent: a serialized MailboxPage. The store makes it where it reads it: from the thread that holds the database, one string of bytes comes
 * over at once, and five hundred envelopes take longer than to read them. By hand, since the library would take 9 MiB of memory in that thread.
 */
export const serializePage = (found: readonly StoredEnvelope[], more: boolean): Uint8Array => {
  const sizes = found.map(sizesOf)
  const size = sizes.reduce((sum, { delivery }) => sum + lengthOfField(delivery), more ? 2 : 0)
  const bytes = new Uint8Array(size)
  let at = 0
  const number = (tag: number, value: number): void => {
    bytes[at++] = tag
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80
    bytes[at++] = rest
  }
  const string = (tag: number, value: Uint8Array): void => {
    number(tag, value.length)
    bytes.set(value, at)
    at += value.length
  }
  for (const [index, { id, body, request, storedAt }] of found.entries()) {
    const { delivery = 0, envelope = 0 } = sizes[index] ?? {}
    number(TAGS.page.delivery, delivery)
    number(TAGS.delivery.envelope, envelope)
    string(TAGS.envelope.id, id)
    string(TAGS.envelope.body, body)
    if (request) number(TAGS.delivery.request, 1)
    number(TAGS.delivery.storedAt, storedAt)
  }
  if (more) number(TAGS.page.more, 1)
  return bytes
}

/** Bytes of what a delivery and its envelope hold. */
const sizesOf = ({ id, body, request, storedAt }: StoredEnvelope) => {
  const envelope = lengthOfField(id.length) + lengthOfField(body.length)
  return { envelope, delivery: lengthOfField(envelope) + (request ? 2 : 0) + 1 + lengthOfNumber(storedAt) }
}

/** Bytes of a field of so many bytes, with its tag and length. */
const lengthOfField = (size: number): number => 1 + lengthOfNumber(size) + size

/** Bytes of a varint. */
const lengthOfNumber = (value: number): number => {
  let length = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++
  return length
}
