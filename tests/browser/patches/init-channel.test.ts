/**
 * patches/@libp2p+webrtc: a dial succeeds although the other end has closed the `init` channel before the dialler looks at it.
 * Unpatched it waits for an event that came long ago, and fails when its time is over.
 */
import { afterEach, expect, it, vi } from 'vitest'
import { webrtcPair } from './webrtc-pair.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Long enough for a dial, too short for one that hangs. */
const patience = (): AbortSignal => AbortSignal.timeout(60_000)

it('dials when the init channel was closed by the other end meanwhile', async () => {
  const delayed = slowDialler()
  await using pair = await webrtcPair()

  const muxer = await pair.dial(patience())

  expect(await delayed).toBe('closed')
  expect((await pair.openStream(muxer)).status).toBe('open')
})

it('dials when the init channel is still there', async () => {
  await using pair = await webrtcPair()

  const muxer = await pair.dial(patience())

  expect((await pair.openStream(muxer)).status).toBe('open')
})

/** What of RTCPeerConnection is slowed down, in the one form that libp2p calls it. */
interface Slowed {
  createDataChannel(label: string, init?: RTCDataChannelInit): RTCDataChannel
  addIceCandidate(candidate?: RTCIceCandidateInit): Promise<void>
}

/**
 * Makes the dialler slower than the network: it is busy with a candidate until the other end has closed the init channel.
 * @returns that channel's state when the dialler goes on
 */
function slowDialler(): Promise<RTCDataChannelState> {
  const prototype: Slowed = RTCPeerConnection.prototype
  const { createDataChannel, addIceCandidate } = prototype
  const diallers = new Set<Slowed>()
  const closed = Promise.withResolvers<RTCDataChannelState>()

  vi.spyOn(prototype, 'createDataChannel').mockImplementation(function (this: Slowed, label, init) {
    const channel = createDataChannel.call(this, label, init)
    if (label !== 'init') return channel
    diallers.add(this)
    channel.addEventListener('close', () => closed.resolve(channel.readyState))
    return channel
  })
  vi.spyOn(prototype, 'addIceCandidate').mockImplementation(async function (this: Slowed, candidate) {
    await addIceCandidate.call(this, candidate)
    if (diallers.has(this)) await closed.promise
  })
  return closed.promise
}
