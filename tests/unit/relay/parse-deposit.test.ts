import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkHello } from '../../../relay-server/mailbox/hello.ts'
import { parseDeposit } from '../../../relay-server/mailbox/parse-deposit.ts'
import { DepositSchema, HelloSchema } from '../../../src/protocol/gen/wire_pb.js'
import { LIMITS } from '../../../src/protocol/limits.ts'

const RUNS = { numRuns: 1_000 }

describe('bodies of deposits', () => {
  test('any bytes are a deposit within the bounds, or a typed refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const parsed = parseDeposit(bytes)
        if (!parsed.ok) expect(['malformed', 'too-large']).toContain(parsed.error.code)
        else expect(parsed.value.entries.length).toBeLessThanOrEqual(LIMITS.depositEntries)
      }),
      RUNS
    )
  })

  test('a deposit of any values is taken only if each fits', () => {
    const entry = fc.record({
      deviceId: fc.oneof(fc.integer({ min: 1, max: 127 }), fc.nat(0xffff_ffff)),
      envelope: fc.option(
        fc.record({
          id: fc.oneof(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.uint8Array({ maxLength: 20 })),
          body: fc.oneof(
            fc.uint8Array({ maxLength: 30 }),
            fc.constant(new Uint8Array(9_000)),
            fc.constant(new Uint8Array(98_305))
          ),
        }),
        { nil: undefined }
      ),
    })
    const deposit = fc.record({
      entries: fc.array(entry, { maxLength: 34 }),
      listRevision: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      ttlSeconds: fc.nat(0xffff_ffff),
    })
    fc.assert(
      fc.property(deposit, (values) => {
        const message = create(DepositSchema, {
          ...values,
          entries: values.entries.map(({ deviceId, envelope }) => ({
            deviceId,
            ...(envelope && { envelope }),
          })),
        })
        const bytes = toBinary(DepositSchema, message)
        const fits =
          bytes.length <= LIMITS.depositBytes &&
          values.listRevision <= BigInt(Number.MAX_SAFE_INTEGER) &&
          values.entries.length >= 1 &&
          values.entries.length <= LIMITS.depositEntries &&
          values.entries.every(
            ({ deviceId, envelope }) =>
              deviceId >= 1 &&
              deviceId <= 127 &&
              envelope?.id.length === 16 &&
              envelope.body.length > 0 &&
              envelope.body.length <= LIMITS.envelopeBytes
          )
        expect(parseDeposit(bytes).ok).toBe(fits)
      }),
      RUNS
    )
  })
})

test('a hello of any values is nobody’s', async () => {
  const hello = fc.record({
    accountId: fc.oneof(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.uint8Array({ maxLength: 20 })),
    deviceId: fc.nat(200),
    created: fc.oneof(fc.constant(1_000n), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
    signature: fc.oneof(fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.uint8Array({ maxLength: 70 })),
  })
  const peers = { device: new Uint8Array(38), relay: new Uint8Array(38) }
  await fc.assert(
    fc.asyncProperty(hello, async (values) => {
      const devices = { requestKey: async () => new Uint8Array(32).fill(7) }
      expect(await checkHello(create(HelloSchema, values), peers, devices, 1_000)).toBeUndefined()
    }),
    RUNS
  )
})
