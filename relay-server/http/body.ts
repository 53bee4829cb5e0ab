import type { FastifyRequest } from 'fastify'
import * as v from 'valibot'
import { fromUtf8 } from '../../src/lib/bytes.ts'
import { refuse } from '../errors.ts'

const EMPTY = new Uint8Array()

/** The body as it came: digests and signatures are checked over received bytes. */
export const bodyOf = (request: FastifyRequest): Uint8Array =>
  request.body instanceof Uint8Array ? request.body : EMPTY

/** Bytes of the body that a request says it has, before any of it is read; without end when it does not say. */
export const declaredBytes = ({ method, headers }: FastifyRequest): number => {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return 0
  return headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Infinity
}

/** Reads a JSON body by its schema; refuses with `malformed`, naming the field and nothing of its value. */
export const jsonBody = <Schema extends v.GenericSchema>(
  request: FastifyRequest,
  schema: Schema
): v.InferOutput<Schema> => {
  const text = fromUtf8(bodyOf(request))
  if (text === undefined) return refuse('malformed', 'the body is not UTF-8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('malformed', 'the body is not JSON')
  }
  const parsed = v.safeParse(schema, value)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  const path = (v.getDotPath(issue) ?? '').slice(0, 100)
  return refuse('malformed', `the body does not fit${path === '' ? '' : ` at ${path}`}`)
}
