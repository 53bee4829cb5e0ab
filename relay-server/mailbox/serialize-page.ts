import { create, toBinary } from '@bufbuild/protobuf'
import { MailboxPageSchema } from '../../src/protocol/gen/wire_pb.js'
import { deliveryOf } from './delivery.ts'
import type { StoredEnvelope } from './mailbox-store.ts'

/**
 * A page as it is sent. The store makes it where it reads it: from the thread that holds the database, one string of bytes comes over at once, and
 * five hundred envelopes take longer than to read them.
 */
export const serializePage = (found: readonly StoredEnvelope[], more: boolean): Uint8Array =>
  toBinary(MailboxPageSchema, create(MailboxPageSchema, { deliveries: found.map(deliveryOf), more }))
