/**
 * patches/node-datachannel and patches/@libp2p+webrtc: what goes wrong between ICE and DTLS. Unpatched, Node's WebRTC starts DTLS
 * before it knows the other side's fingerprint when that side's checks come early, and libp2p waits on for a connection that has failed.
 */
import { RTCPeerConnection } from 'node-datachannel/polyfill'
import { readCandidatesUntilConnected } from '../../../node_modules/@libp2p/webrtc/dist/src/private-to-private/util.js'
import { expect, it } from 'vitest'
import { until } from '../../support/until.ts'

type Wait = typeof readCandidatesUntilConnected
type MessageStream = Parameters<Wait>[1]
type Logger = Parameters<Wait>[2]['log']

it('names its addresses only when it has the answer: no check can come before the fingerprint', async () => {
  const [caller, called] = [new RTCPeerConnection(), new RTCPeerConnection()]
  const named: RTCIceCandidate[] = []
  caller.addEventListener('icecandidate', (event) => {
    const { candidate } = event as RTCPeerConnectionIceEvent
    if (candidate) named.push(candidate)
  })
  const channel = caller.createDataChannel('any')
  await called.setRemoteDescription((await caller.createOffer()) as RTCSessionDescriptionInit)
  await until('all addresses are known', () => caller.iceGatheringState === 'complete')
  // One more turn than the events of that state need.
  await new Promise((resolve) => setImmediate(resolve))
  expect(named).toEqual([])

  await caller.setRemoteDescription((await called.createAnswer()) as RTCSessionDescriptionInit)
  expect(named).not.toEqual([])
  for (const candidate of named) await called.addIceCandidate(candidate)
  await until('the channel opens', () => channel.readyState === 'open')
  caller.close()
  called.close()
})

it.each(['before', 'after'])('a connection that fails %s libp2p waits for it is an error', async (when) => {
  const [caller, called] = [new RTCPeerConnection(), new RTCPeerConnection()]
  caller.createDataChannel('any')
  for (const [one, other] of [
    [caller, called],
    [called, caller],
  ] as const)
    one.addEventListener('icecandidate', (event) => {
      const { candidate } = event as RTCPeerConnectionIceEvent
      if (candidate) void other.addIceCandidate(candidate)
    })
  await called.setRemoteDescription((await caller.createOffer()) as RTCSessionDescriptionInit)
  const { sdp = '' } = (await called.createAnswer()) as RTCSessionDescriptionInit
  const connect = () => caller.setRemoteDescription({ type: 'answer', sdp: withOtherFingerprint(sdp) })
  const hasFailed = () => ['failed', 'closed'].includes(caller.connectionState)

  await connect()
  if (when === 'before') await until('it has failed', hasFailed)
  // The other side says nothing, and nobody ever says to give up: only the failure itself can end it.
  const silent = { read: () => new Promise<never>(() => {}) } as unknown as MessageStream
  const log = Object.assign(() => {}, { error: () => {}, trace: () => {} }) as unknown as Logger
  const waiting = readCandidatesUntilConnected(caller, silent, { direction: 'initiator', log })
  await expect(waiting).rejects.toThrow(/failed|closed/)
  caller.close()
  called.close()
})

/** A description that asks for a certificate nobody has. */
function withOtherFingerprint(sdp: string): string {
  return sdp.replace(/(a=fingerprint:sha-256 )(..)/, (_, name: string, first: string) => name + (first === '00' ? '01' : '00'))
}
