/** How a relay ends: nobody is cut off in the middle, everybody is told, and it takes no longer than it may. */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { toBase64Url } from '../../../src/lib/bytes.ts'
import { KEY_HEADER } from '../../../src/protocol/relay-api.ts'
import { until } from '../../support/until.ts'
import { depositBody, newDevice } from './kit/device.ts'
import { caughtUp, newPeer, openMailbox } from './kit/peer.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

interface SlowRequest {
  readonly socket: Socket
  readonly answer: () => string
  readonly ended: Promise<unknown>
}

/** A deposit whose body the client has only half sent. */
const halfDeposit = async (
  relay: TestRelay,
  account: string,
  key: Uint8Array,
  body: Uint8Array
): Promise<SlowRequest> => {
  const socket = connect(relay.relay().port, '127.0.0.1')
  await once(socket, 'connect')
  const ended = once(socket, 'close')
  let text = ''
  socket.setEncoding('utf8').on('data', (part: string) => (text += part))
  socket.on('error', () => {})
  const head = [
    `POST /v1/mailboxes/${account} HTTP/1.1`,
    'host: relay.example',
    `${KEY_HEADER}: ${toBase64Url(key)}`,
    `content-length: ${body.length}`,
    // The relay says when it has read this far.
    'expect: 100-continue',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  await until('the relay reads the body', () => text.includes('100 Continue'))
  socket.write(body.subarray(0, 10))
  return { socket, answer: () => text, ended }
}

test('a deposit under way is finished and kept, and devices are told goodbye', async () => {
  await using relay = await startTestRelay()
  const ana = await newDevice(relay.url)
  await ana.ready()
  const peer = await newPeer()
  const stream = await openMailbox(peer, relay.url, ana)
  await caughtUp(stream)
  const body = depositBody([{}])
  const deposit = await halfDeposit(relay, ana.account, ana.deliveryKey, body)

  const restarted = relay.restart()
  await until('the device is told', () => stream.refused() === 'stopping')
  await expect(fetch(`${relay.url}/healthz`, { keepalive: false })).rejects.toThrow('fetch failed')
  deposit.socket.write(body.subarray(10))
  await until('it is answered', () => deposit.answer().includes('"stored":1'))
  await restarted
  expect((await ana.fetchMailbox()).deliveries).toHaveLength(1)
  await peer.stop()
})

test('a request that does not end is cut off when its time is over', async () => {
  await using relay = await startTestRelay({ config: { shutdownTime: 200 } })
  const ana = await newDevice(relay.url)
  await ana.ready()
  const deposit = await halfDeposit(relay, ana.account, ana.deliveryKey, depositBody([{}]))
  await relay.restart()
  await deposit.ended
  expect(deposit.answer()).not.toContain('stored')
  expect((await ana.fetchMailbox()).deliveries).toHaveLength(0)
})
