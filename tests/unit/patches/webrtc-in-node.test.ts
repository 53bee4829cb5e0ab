/**
 * patches/node-datachannel and patches/@libp2p+webrtc: what goes wrong between ICE and DTLS. Unpatched, Node's WebRTC starts DTLS
 * before it knows the other side's fingerprint when that side's checks come early, and libp2p waits on for a connection that has failed.
 */
import { RTCPeerConnection } from 'node-datachannel/polyfill'
import { afterEach, expect, it, vi } from 'vitest'
import { webrtcPair } from '../../browser/patches/webrtc-pair.ts'
import { until } from '../../support/until.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

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

it('a dial whose DTLS fails is over by itself', async () => {
  const { setRemoteDescription } = RTCPeerConnection.prototype
  vi.spyOn(RTCPeerConnection.prototype, 'setRemoteDescription').mockImplementation(function (
    this: RTCPeerConnection,
    { type, sdp = '' }
  ) {
    return setRemoteDescription.call(this, { type, sdp: type === 'answer' ? withOtherFingerprint(sdp) : sdp })
  })
  await using pair = await webrtcPair()

  // It is never told to give up: only the failure itself can end it.
  await expect(pair.dial(new AbortController().signal)).rejects.toThrow()
})

/** A description that asks for a certificate nobody has. */
function withOtherFingerprint(sdp: string): string {
  return sdp.replace(/(a=fingerprint:sha-256 )(..)/, (_, name: string, first: string) => name + (first === '00' ? '01' : '00'))
}
