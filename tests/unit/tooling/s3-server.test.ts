import { expect, test } from 'vitest'
import { isSigned } from '../../support/s3-server.ts'

/** Amazon’s own example of a GET, “Signature Calculations for the Authorization Header”. */
const KEYS = { key: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const EXAMPLE = {
  method: 'GET',
  path: '/test.txt',
  headers: {
    host: 'examplebucket.s3.amazonaws.com',
    range: 'bytes=0-9',
    'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'x-amz-date': '20130524T000000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,' +
      'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,' +
      'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
}
const THEN = Date.UTC(2013, 4, 24)

test('the S3 of the tests takes what Amazon signs, and nothing that differs', async () => {
  expect(await isSigned(EXAMPLE, KEYS, THEN)).toBe(true)
  expect(await isSigned(EXAMPLE, KEYS, THEN + 3_600_000)).toBe(false)
  expect(await isSigned({ ...EXAMPLE, path: '/test.tx' }, KEYS, THEN)).toBe(false)
  expect(await isSigned({ ...EXAMPLE, method: 'PUT' }, KEYS, THEN)).toBe(false)
  expect(await isSigned(EXAMPLE, { ...KEYS, secret: 'other' }, THEN)).toBe(false)
  const headers = { ...EXAMPLE.headers, range: 'bytes=0-8' }
  expect(await isSigned({ ...EXAMPLE, headers }, KEYS, THEN)).toBe(false)
})
