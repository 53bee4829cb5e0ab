import type { ProtocolAddress } from '../address/protocol-address.ts'
import { concat, type Bytes } from '../bytes.ts'
import { PROTOCOL_MAX_JUMP, type JumpLimits } from '../options.ts'
import { equalBytes } from '../bytes.ts'
import type { SessionState } from './state.ts'

/** The addresses field of spec §6; `null` when a name isn't a service id. */
export const encodeAddresses = (sender: ProtocolAddress, recipient: ProtocolAddress): Bytes | null => {
  const [from, to] = [sender.serviceId(), recipient.serviceId()]
  if (!from || !to) return null
  return concat(
    from.getServiceIdFixedWidthBinary(),
    Uint8Array.of(sender.deviceId()),
    to.getServiceIdFixedWidthBinary(),
    Uint8Array.of(recipient.deviceId())
  )
}

/**
 * How far ahead a message of this session may be. Between devices of one account (spec §1.6) the policy's limit doesn't
 * count; the protocol would have none at all there, we keep its general one, so that work stays bounded.
 */
export const jumpLimit = (
  state: SessionState,
  local: ProtocolAddress,
  remote: ProtocolAddress,
  limits: JumpLimits
): number => {
  const [ours, theirs] = [local.serviceId(), remote.serviceId()]
  const isSameAccount =
    ours !== null &&
    theirs !== null &&
    ours.isEqual(theirs) &&
    equalBytes(state.localIdentity, state.remoteIdentity)
  return isSameAccount ? PROTOCOL_MAX_JUMP : limits.sessionJump
}
