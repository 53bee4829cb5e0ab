import { create, toBinary } from '@bufbuild/protobuf'
import { concatBytes, utf8 } from '../../lib/bytes.ts'
import { HelloSchema } from '../../protocol/gen/wire_pb.js'
import { PURPOSES } from '../../protocol/limits.ts'

/** What a device says of itself when it opens a mailbox stream. Peer ids are their multihash bytes; `created` in ms since 1970. */
export interface HelloParts {
  readonly account: Uint8Array
  readonly device: number
  readonly created: number
  readonly ownPeer: Uint8Array
  readonly relayPeer: Uint8Array
}

/** Serializes a Hello, bound to both ends of this very connection, signed by `sign` (Ed25519 of the request key). */
export const mailboxHello = async (
  parts: HelloParts,
  sign: (data: Uint8Array) => Promise<Uint8Array>
): Promise<Uint8Array> => {
  const created = new Uint8Array(8)
  new DataView(created.buffer).setBigUint64(0, BigInt(parts.created))
  const data = concatBytes(
    utf8(PURPOSES.mailboxHello),
    Uint8Array.of(0),
    parts.account,
    Uint8Array.of(parts.device),
    parts.ownPeer,
    parts.relayPeer,
    created
  )
  const hello = create(HelloSchema, {
    accountId: parts.account,
    deviceId: parts.device,
    created: BigInt(parts.created),
    signature: await sign(data),
  })
  return toBinary(HelloSchema, hello)
}
