import * as v from 'valibot'
import { fromBase64Url } from '../lib/bytes.ts'

/** So many bytes as base64url. */
export const base64Url = (bytes: number) =>
  v.pipe(
    v.string(),
    v.length(Math.ceil((bytes * 4) / 3)),
    v.regex(/^[\w-]*$/),
    v.check((text) => fromBase64Url(text)?.length === bytes, `must be ${bytes} bytes of base64url`)
  )
