import { concat, equalBytes, wipe, type Bytes } from '../bytes.ts'
import { append, EMPTY_LIST, type IndexedBytes } from '../proto/packed.ts'
import { ciphertextMac, epochSecret, headerMac, MAC_LENGTH, updateAuthenticator } from './authenticator.ts'
import { addChunk, decoded, type Decoder } from './erasure.ts'
import {
  CT1_LENGTH,
  CT2_LENGTH,
  decapsulate,
  EK_LENGTH,
  encapsulateSecond,
  HEADER_LENGTH,
  keyMatchesHeader,
} from './kem.ts'
import { SpqrType, type SpqrPayload } from './message.ts'
import type { BraidState, EpochSecret } from './states.ts'

/** What a message did; `null` stands for a message that can't be right. */
export type BraidReceive = { readonly state: BraidState; readonly secret: EpochSecret | null } | null

type Of<Tag extends BraidState['tag']> = Extract<BraidState, { tag: Tag }>

const HEADER_WITH_MAC = HEADER_LENGTH + MAC_LENGTH
const CT2_WITH_MAC = CT2_LENGTH + MAC_LENGTH

const to = (state: BraidState): BraidReceive => ({ state, secret: null })
const decoderFor = (length: number, ...chunks: IndexedBytes[]): Decoder => ({
  length,
  chunks: append(EMPTY_LIST, chunks),
})

/** The state in which a side waits for the header of `epoch`. */
export const waitForHeader = (epoch: number, auth: BraidState['auth']): BraidState => ({
  tag: 'NoHeaderReceived',
  epoch,
  auth,
  rx: decoderFor(HEADER_WITH_MAC),
})

const sendCt2 = (
  state: {
    readonly epoch: number
    readonly auth: BraidState['auth']
    header: Bytes
    message: Bytes
    ct1: Bytes
  },
  ek: Bytes
): BraidReceive => {
  const { epoch, auth, header, message, ct1 } = state
  const ct2 = encapsulateSecond(header, ek, message)
  wipe(message)
  return to({
    tag: 'Ct2Sampled',
    epoch,
    auth,
    tx: { data: concat(ct2, ciphertextMac(auth, epoch, ct1, ct2)), counter: 0 },
  })
}

const receiveCt1 = (state: Of<'HeaderSent'>, chunk: IndexedBytes): BraidReceive => {
  const rx = addChunk(state.rx, chunk)
  const ct1 = decoded(rx)
  const { epoch, auth, dk, tx } = state
  return to(ct1 ? { tag: 'Ct1Received', epoch, auth, dk, ct1, tx } : { ...state, rx })
}

const receiveCt2 = (state: Of<'EkSentCt1Received'>, chunk: IndexedBytes): BraidReceive => {
  const rx = addChunk(state.rx, chunk)
  const whole = decoded(rx)
  if (!whole) return to({ ...state, rx })
  const { epoch, dk, ct1 } = state
  const ct2 = whole.subarray(0, CT2_LENGTH)
  const secret = epochSecret(epoch, decapsulate(dk, ct1, ct2))
  wipe(dk)
  const auth = updateAuthenticator(state.auth, epoch, secret)
  if (!equalBytes(ciphertextMac(auth, epoch, ct1, ct2), whole.subarray(CT2_LENGTH))) return null
  return { state: waitForHeader(epoch + 1, auth), secret: { epoch, secret } }
}

const receiveHeader = (state: Of<'NoHeaderReceived'>, chunk: IndexedBytes): BraidReceive => {
  const rx = addChunk(state.rx, chunk)
  const whole = decoded(rx)
  if (!whole) return to({ ...state, rx })
  const { epoch, auth } = state
  const header = whole.slice(0, HEADER_LENGTH)
  if (!equalBytes(headerMac(auth, epoch, header), whole.subarray(HEADER_LENGTH))) return null
  return to({ tag: 'HeaderReceived', epoch, auth, header, rx: decoderFor(EK_LENGTH) })
}

const receiveEk = (
  state: Of<'Ct1Sampled'> | Of<'Ct1Acknowledged'>,
  chunk: IndexedBytes,
  isAcknowledged: boolean
): BraidReceive => {
  const rx = addChunk(state.rx, chunk)
  const ek = decoded(rx)
  const { epoch, auth, header, message, ct1 } = state
  if (ek) {
    if (!keyMatchesHeader(header, ek)) return null
    if (isAcknowledged || state.tag === 'Ct1Acknowledged') return sendCt2(state, ek)
    return to({ tag: 'EkReceivedCt1Sampled', epoch, auth, header, message, ct1, ek, tx: state.tx })
  }
  if (isAcknowledged) return to({ tag: 'Ct1Acknowledged', epoch, auth, header, message, ct1, rx })
  return to({ ...state, rx })
}

/** One row of the receive table (spec §5.5) for a message of the state's own epoch. */
const receiveInEpoch = (state: BraidState, payload: SpqrPayload): BraidReceive => {
  switch (state.tag) {
    case 'KeysSampled': {
      if (payload.type !== SpqrType.Ct1) break
      const { epoch, auth, dk, ek } = state
      const rx = decoderFor(CT1_LENGTH, payload.chunk)
      return to({ tag: 'HeaderSent', epoch, auth, dk, tx: { data: ek, counter: 0 }, rx })
    }
    case 'HeaderSent':
      if (payload.type === SpqrType.Ct1) return receiveCt1(state, payload.chunk)
      break
    case 'Ct1Received': {
      if (payload.type !== SpqrType.Ct2) break
      const { epoch, auth, dk, ct1 } = state
      return to({
        tag: 'EkSentCt1Received',
        epoch,
        auth,
        dk,
        ct1,
        rx: decoderFor(CT2_WITH_MAC, payload.chunk),
      })
    }
    case 'EkSentCt1Received':
      if (payload.type === SpqrType.Ct2) return receiveCt2(state, payload.chunk)
      break
    case 'NoHeaderReceived':
      if (payload.type === SpqrType.Hdr) return receiveHeader(state, payload.chunk)
      break
    case 'Ct1Sampled':
    case 'Ct1Acknowledged':
      if (payload.type === SpqrType.Ek) return receiveEk(state, payload.chunk, false)
      if (payload.type === SpqrType.EkCt1Ack) return receiveEk(state, payload.chunk, true)
      break
    case 'EkReceivedCt1Sampled':
      if (payload.type === SpqrType.Ct1Ack || payload.type === SpqrType.EkCt1Ack)
        return sendCt2(state, state.ek)
      break
    default:
      // KeysUnsampled, HeaderReceived and Ct2Sampled learn nothing from their own epoch.
      break
  }
  return to(state)
}

/** What the braid makes of a message of `epoch` (spec §5.5). */
export const braidReceive = (state: BraidState, epoch: number, payload: SpqrPayload): BraidReceive => {
  if (epoch < state.epoch) return to(state)
  if (epoch === state.epoch) return receiveInEpoch(state, payload)
  if (state.tag !== 'Ct2Sampled' || epoch !== state.epoch + 1) return null
  return to({ tag: 'KeysUnsampled', epoch, auth: state.auth })
}
