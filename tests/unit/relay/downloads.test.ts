/** Places for downloads. */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createDownloads } from '../../../relay-server/blobs/downloads.ts'

const response = (): ServerResponse => new ServerResponse(new IncomingMessage(new Socket()))

test('there are so many places for all and for one network, and those of ended responses are free again', () => {
  const begin = createDownloads({ most: 3, perNetwork: 2, pieceTime: 60_000 })
  const [first, second, third] = [response(), response(), response()]
  expect([begin('a', first), begin('a', second)]).not.toContain(undefined)
  expect(begin('a', response())).toBeUndefined()
  expect(begin('b', third)).toBeDefined()
  expect(begin('c', response()), 'all are taken').toBeUndefined()
  first.emit('close')
  third.emit('close')
  second.emit('close')
  expect([begin('a', response()), begin('a', response()), begin('b', response())]).not.toContain(undefined)
})

test('whoever has hung up before takes none', () => {
  const begin = createDownloads({ most: 1, perNetwork: 1, pieceTime: 60_000 })
  const gone = response()
  gone.destroy()
  expect(begin('a', gone)).toBeUndefined()
  expect(begin('a', response())).toBeDefined()
})
