import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { StoredEnvelope } from './mailbox-store.ts'

const { LengthDelimited, Varint } = WireType

/**
 * A page as it is sent: a serialized MailboxPage of wire.proto. The store makes it where it reads it: from the thread that holds the database, one string of
 * bytes comes over at once, and five hundred envelopes take longer than to read them. Field by field, since the schemas of all messages would take that
 * thread some 9 MiB of memory.
 */
export const serializePage = (found: readonly StoredEnvelope[], more: boolean): Uint8Array => {
  const page = new BinaryWriter()
  for (const { id, body, request, storedAt } of found) {
    page.tag(1, LengthDelimited).fork()
    page.tag(1, LengthDelimited).fork()
    page.tag(1, LengthDelimited).bytes(id)
    page.tag(2, LengthDelimited).bytes(body)
    page.join()
    if (request) page.tag(2, Varint).bool(true)
    page.tag(3, Varint).uint64(storedAt)
    page.join()
  }
  if (more) page.tag(2, Varint).bool(true)
  return page.finish()
}
