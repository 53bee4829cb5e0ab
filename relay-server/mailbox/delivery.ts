import { create } from '@bufbuild/protobuf'
import { DeliverySchema, EnvelopeSchema, type Delivery } from '../../src/protocol/gen/wire_pb.js'
import type { StoredEnvelope } from './mailbox-store.ts'

/** An envelope as it is delivered. */
export const deliveryOf = (stored: Omit<StoredEnvelope, 'seq'>): Delivery =>
  create(DeliverySchema, {
    envelope: create(EnvelopeSchema, { id: stored.id, body: stored.body }),
    request: stored.request,
    storedAt: BigInt(stored.storedAt),
  })
