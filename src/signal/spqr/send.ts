import { concat } from '../bytes.ts'
import { epochSecret, headerMac, updateAuthenticator } from './authenticator.ts'
import { nextChunk, type Encoder } from './erasure.ts'
import { encapsulateFirst, generateKemKeys } from './kem.ts'
import { SpqrType, type SpqrPayload } from './message.ts'
import type { BraidState, EpochSecret } from './states.ts'

const KEYGEN_SEED_LENGTH = 64
const ENCAPS_SEED_LENGTH = 32

/** Where the braid's randomness comes from. */
export type RandomSource = (length: number) => Uint8Array<ArrayBuffer>

export type BraidSend = {
  readonly state: BraidState
  /** Epoch of the message. */
  readonly epoch: number
  readonly payload: SpqrPayload
  readonly secret: EpochSecret | null
}

type ChunkType = Extract<SpqrPayload, { chunk: unknown }>['type']

const emit = (state: Extract<BraidState, { tx: Encoder }>, type: ChunkType): BraidSend => {
  const { encoder, chunk } = nextChunk(state.tx)
  return { state: { ...state, tx: encoder }, epoch: state.epoch, payload: { type, chunk }, secret: null }
}

const emitPlain = (state: BraidState, type: typeof SpqrType.None | typeof SpqrType.Ct1Ack): BraidSend => ({
  state,
  epoch: state.epoch,
  payload: { type },
  secret: null,
})

/** One row of the send table (spec §5.5). */
export const braidSend = (state: BraidState, random: RandomSource): BraidSend => {
  const { epoch, auth } = state
  switch (state.tag) {
    case 'KeysUnsampled': {
      const { header, ek, dk } = generateKemKeys(random(KEYGEN_SEED_LENGTH))
      const tx = { data: concat(header, headerMac(auth, epoch, header)), counter: 0 }
      return emit({ tag: 'KeysSampled', epoch, auth, ek, dk, tx }, SpqrType.Hdr)
    }
    case 'KeysSampled':
      return emit(state, SpqrType.Hdr)
    case 'HeaderSent':
      return emit(state, SpqrType.Ek)
    case 'Ct1Received':
      return emit(state, SpqrType.EkCt1Ack)
    case 'EkSentCt1Received':
      return emitPlain(state, SpqrType.Ct1Ack)
    case 'NoHeaderReceived':
    case 'Ct1Acknowledged':
      return emitPlain(state, SpqrType.None)
    case 'HeaderReceived': {
      const { header, rx } = state
      const message = random(ENCAPS_SEED_LENGTH)
      const { ct1, secret: shared } = encapsulateFirst(header, message)
      const secret = epochSecret(epoch, shared)
      const next = updateAuthenticator(auth, epoch, secret)
      const tx = { data: ct1, counter: 0 }
      const sent = emit({ tag: 'Ct1Sampled', epoch, auth: next, header, message, ct1, tx, rx }, SpqrType.Ct1)
      return { ...sent, secret: { epoch, secret } }
    }
    case 'Ct1Sampled':
    case 'EkReceivedCt1Sampled':
      return emit(state, SpqrType.Ct1)
    case 'Ct2Sampled':
      return emit(state, SpqrType.Ct2)
  }
}
