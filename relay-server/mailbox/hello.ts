import { concatBytes, utf8 } from '../../src/lib/bytes.ts'
import { verifyEd25519 } from '../../src/protocol/ed25519.ts'
import type { Hello } from '../../src/protocol/gen/wire_pb.js'
import {
  accountIdFromBytes,
  parseAccountId,
  parseDeviceId,
  type AccountId,
  type DeviceId,
} from '../../src/protocol/ids.ts'
import { LIMITS, PURPOSES } from '../../src/protocol/limits.ts'
import type { DeviceStore } from '../devices/device-store.ts'

/** Multihash bytes of the peer ids at both ends of the connection a hello came over. */
export interface HelloPeers {
  readonly device: Uint8Array
  readonly relay: Uint8Array
}

/**
 * Who says hello: the device whose request key signed for this very connection within the last minute (wire.proto, `Hello`);
 * undefined for anything else, for one reason or another.
 */
export const checkHello = async (
  hello: Hello,
  peers: HelloPeers,
  devices: Pick<DeviceStore, 'requestKey'>,
  now: number
): Promise<{ readonly account: AccountId; readonly device: DeviceId } | undefined> => {
  const account = parseAccountId(accountIdFromBytes(hello.accountId) ?? '')
  const device = parseDeviceId(hello.deviceId)
  if (!account || !device || Math.abs(now - Number(hello.created)) > LIMITS.requestAge) return undefined
  const key = await devices.requestKey(account, device)
  const good =
    key !== undefined && (await verifyEd25519(key, helloSigningInput(hello, peers), hello.signature))
  return good ? { account, device } : undefined
}

const helloSigningInput = (hello: Hello, peers: HelloPeers): Uint8Array => {
  const created = new Uint8Array(8)
  new DataView(created.buffer).setBigUint64(0, hello.created)
  return concatBytes(
    utf8(PURPOSES.mailboxHello),
    Uint8Array.of(0),
    hello.accountId,
    Uint8Array.of(hello.deviceId),
    peers.device,
    peers.relay,
    created
  )
}
