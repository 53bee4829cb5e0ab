import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { pack } from '../../../relay-server/store/packed.ts'

const request = new Uint8Array(8_192).fill(9)
const call = {
  id: 1,
  area: 'mailbox',
  args: [
    [
      {
        keyHash: request.subarray(10, 12),
        entries: [{ id: request.subarray(20, 23), body: Buffer.from('body') }],
      },
    ],
    { now: 5, tail: undefined, ttl: null, none: new Uint8Array() },
  ],
}

const passed = (value: unknown, buffer: ArrayBuffer): unknown => {
  const { port1, port2 } = new MessageChannel()
  port1.postMessage(value, [buffer])
  const { message } = receiveMessageOnPort(port2) as { message: unknown }
  port1.close()
  return message
}

it('brings a value to another thread as it was, and hands over nothing but a copy of its bytes', () => {
  const { value, buffer } = pack(call)
  expect(buffer.byteLength).toBe(2 + 3 + 4)
  expect(passed(value, buffer)).toEqual({
    ...call,
    args: [
      [
        {
          keyHash: Uint8Array.of(9, 9),
          entries: [{ id: Uint8Array.of(9, 9, 9), body: new TextEncoder().encode('body') }],
        },
      ],
      call.args[1],
    ],
  })
  expect(request).toHaveLength(8_192)
})

it('brings what has no bytes', () => {
  const { value, buffer } = pack([
    { id: 2, value: true },
    { id: 3, value: 'two' },
  ])
  expect(passed(value, buffer)).toEqual([
    { id: 2, value: true },
    { id: 3, value: 'two' },
  ])
})
