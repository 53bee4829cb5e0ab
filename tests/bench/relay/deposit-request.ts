import { randomBytes } from 'node:crypto'
import { toBase64Url } from '../../../src/lib/bytes.ts'
import { KEY_HEADER } from '../../../src/protocol/relay-api.ts'
import { depositBody } from '../../contract/relay/kit/device.ts'
import { BODY_BYTES } from './seed.ts'

/** A whole HTTP request that deposits one envelope of this id, of 1 KiB, for the first device of an account. */
export const depositRequest = (account: string, key: Uint8Array, id: Uint8Array): Uint8Array => {
  const body = depositBody([{ id, body: randomBytes(BODY_BYTES) }])
  const head = [
    `POST /v1/mailboxes/${account} HTTP/1.1`,
    'host: localhost',
    `${KEY_HEADER}: ${toBase64Url(key)}`,
    'content-type: application/x-protobuf',
    `content-length: ${body.length}`,
    '',
    '',
  ].join('\r\n')
  return Buffer.concat([Buffer.from(head), body])
}
