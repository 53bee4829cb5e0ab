import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deliveryOf } from '../../../relay-server/mailbox/delivery.ts'
import { serializePage } from '../../../relay-server/mailbox/serialize-page.ts'
import { MailboxPageSchema } from '../../../src/protocol/gen/wire_pb.js'

const stored = fc.record({
  seq: fc.nat(),
  id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  // Lengths of one, two and three bytes.
  body: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.integer({ min: 16_200, max: 16_500 }).map((size) => new Uint8Array(size))
  ),
  request: fc.boolean(),
  storedAt: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
})

test('a page is, byte for byte, what the schema says', () => {
  fc.assert(
    fc.property(fc.array(stored, { maxLength: 4 }), fc.boolean(), (found, more) => {
      const page = create(MailboxPageSchema, { deliveries: found.map(deliveryOf), more })
      expect(Buffer.compare(serializePage(found, more), toBinary(MailboxPageSchema, page))).toBe(0)
    })
  )
})
