import type { Bytes } from '../bytes.ts'
import type { Authenticator } from './authenticator.ts'
import type { Decoder, Encoder } from './erasure.ts'

type State<Tag extends string, Fields = object> = {
  readonly tag: Tag
  readonly epoch: number
  readonly auth: Authenticator
} & Readonly<Fields>

/** The eleven states of the braid (spec §5.5): five of the key side, six of the ciphertext side. */
export type BraidState =
  | State<'KeysUnsampled'>
  | State<'KeysSampled', { ek: Bytes; dk: Bytes; tx: Encoder }>
  | State<'HeaderSent', { dk: Bytes; tx: Encoder; rx: Decoder }>
  | State<'Ct1Received', { dk: Bytes; ct1: Bytes; tx: Encoder }>
  | State<'EkSentCt1Received', { dk: Bytes; ct1: Bytes; rx: Decoder }>
  | State<'NoHeaderReceived', { rx: Decoder }>
  | State<'HeaderReceived', { header: Bytes; rx: Decoder }>
  | State<'Ct1Sampled', { header: Bytes; message: Bytes; ct1: Bytes; tx: Encoder; rx: Decoder }>
  | State<'EkReceivedCt1Sampled', { header: Bytes; message: Bytes; ct1: Bytes; ek: Bytes; tx: Encoder }>
  | State<'Ct1Acknowledged', { header: Bytes; message: Bytes; ct1: Bytes; rx: Decoder }>
  | State<'Ct2Sampled', { tx: Encoder }>

export type BraidTag = BraidState['tag']

/** All tags; their places are the numbers in storage, so nothing may ever move. */
export const BRAID_TAGS: readonly BraidTag[] = [
  'KeysUnsampled',
  'KeysSampled',
  'HeaderSent',
  'Ct1Received',
  'EkSentCt1Received',
  'NoHeaderReceived',
  'HeaderReceived',
  'Ct1Sampled',
  'EkReceivedCt1Sampled',
  'Ct1Acknowledged',
  'Ct2Sampled',
]

/** A secret that both sides will have for `epoch`. */
export type EpochSecret = { readonly epoch: number; readonly secret: Bytes }
