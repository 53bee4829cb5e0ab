import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { PeerFrameSchema } from '../../protocol/gen/wire_pb.js'
import { NOTHING_UNKNOWN } from '../../protocol/nothing-unknown.ts'

/** A goodbye is a few bytes; longer frames are not looked into. */
const MOST = 64

/** The frame that says that this node goes away: without it, the other side notices only by a ping some ten seconds later. */
export const BYE: Uint8Array = toBinary(
  PeerFrameSchema,
  create(PeerFrameSchema, { frame: { case: 'bye', value: {} } })
)

/** Whether a frame of a peer says goodbye. */
export const isBye = (frame: Uint8Array): boolean => {
  if (frame.length > MOST) return false
  try {
    return fromBinary(PeerFrameSchema, frame, NOTHING_UNKNOWN).frame.case === 'bye'
  } catch {
    return false
  }
}
