import { streamPair } from '@libp2p/utils'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBye, BYE } from '../../../src/adapters/network/bye.ts'
import { frameStream } from '../../../src/adapters/network/frame-stream.ts'
import { encodeFrame } from '../../../src/protocol/frames.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { until } from '../../support/until.ts'

const pair = async () => {
  const [near, far] = await streamPair({ protocol: '/test' })
  const frames: Uint8Array[] = []
  let ends = 0
  const reader = frameStream(far, { onFrame: (frame) => frames.push(frame), onEnd: () => void ends++ })
  return { near, far, frames, reader, ends: () => ends }
}

test('frames pass whole and in order however the stream cuts them', async () => {
  const { near, frames } = await pair()
  const sizes = [0, 1, 127, 128, 70_000, LIMITS.frameBytes]
  const sent = sizes.map((size, i) => new Uint8Array(size).fill(i + 1))
  const bytes = Buffer.concat(sent.map((frame) => encodeFrame(frame)))
  for (let at = 0; at < bytes.length; at += 7_919) near.send(bytes.subarray(at, at + 7_919))
  await until('all frames are there', () => frames.length === sent.length)
  expect(frames.map((frame) => Buffer.from(frame))).toEqual(sent.map((frame) => Buffer.from(frame)))
})

test('a frame that is too long ends the stream once, and nothing of it is given', async () => {
  const { near, far, frames, ends } = await pair()
  near.send(Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 1, 2, 3))
  await until('the stream is ended', () => far.status !== 'open')
  expect(ends()).toBe(1)
  expect(frames).toEqual([])
})

test('after the end nothing is sent', async () => {
  const { near, far, ends } = await pair()
  const writer = frameStream(near, { onFrame: () => {}, onEnd: () => {} })
  expect(await writer.send(Uint8Array.of(1))).toBe(true)
  far.abort(new Error('gone'))
  await until('both know', () => near.status !== 'open')
  expect(await writer.send(Uint8Array.of(2))).toBe(false)
  expect(ends()).toBe(1)
  expect(() => void writer.send(new Uint8Array(LIMITS.frameBytes + 1))).toThrow(RangeError)
})

test('whatever bytes come, the stream gives bounded frames or ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 6 }),
      async (chunks) => {
        const { near, frames, far, ends } = await pair()
        for (const chunk of chunks) if (near.status === 'open') near.send(chunk)
        // It may have been cut off by now.
        near.close().catch(() => {})
        await until('the stream is over', () => ends() > 0, { every: 1 })
        expect(ends()).toBe(1)
        expect(frames.every(({ length }) => length <= LIMITS.frameBytes)).toBe(true)
        far.abort(new Error('over'))
      }
    ),
    { numRuns: 1_000 }
  )
}, 60_000)

test('only a goodbye is one', () => {
  expect(isBye(BYE)).toBe(true)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      if (isBye(bytes)) expect(bytes.length).toBeLessThanOrEqual(64)
    }),
    { numRuns: 1_000 }
  )
  expect(isBye(new Uint8Array())).toBe(false)
  expect(isBye(Uint8Array.of(0xff))).toBe(false)
})
