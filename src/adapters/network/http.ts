import type { NetworkError } from '../../core/domain/errors.ts'
import { err, ok, type Result } from '../../lib/result.ts'
import { own } from '../../lib/bytes.ts'

/** What the HTTP client needs of its surroundings. */
export interface HttpDeps {
  readonly fetch: typeof globalThis.fetch
  /** A request that takes longer is given up, ms. */
  readonly timeout: number
}

/** An answer with its whole, bounded body. */
export interface HttpAnswer {
  readonly status: number
  readonly body: Uint8Array
}

export interface HttpRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | null
  /** Longest answer that is read, bytes. */
  readonly most: number
  /** Lets the page's own relay see the invitation that it gave this browser (a cookie for this one path); no other relay sees any. */
  readonly invitation?: boolean
}

const STATUS: Readonly<Record<number, NetworkError['reason']>> = {
  400: 'refused',
  401: 'refused',
  403: 'refused',
  404: 'not-found',
  409: 'refused',
  413: 'quota',
  429: 'rate-limited',
  507: 'quota',
}

/** The typed error of a status that is none of the expected ones. */
export const statusError = (status: number): NetworkError => ({
  kind: 'network',
  reason: STATUS[status] ?? 'relay-unreachable',
})

const readBounded = async (response: Response, most: number): Promise<Uint8Array | undefined> => {
  const reader = response.body?.getReader()
  if (!reader) return new Uint8Array()
  const parts: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > most) {
      await reader.cancel()
      return undefined
    }
    parts.push(value)
  }
  const body = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    body.set(part, offset)
    offset += part.length
  }
  return body
}

/**
 * One request, with nothing in it that the caller did not put there: no referrer, no redirects followed, and no cookies but for
 * `invitation`.
 */
export const send = async (
  deps: HttpDeps,
  request: HttpRequest
): Promise<Result<HttpAnswer, NetworkError>> => {
  try {
    const response = await deps.fetch(request.url, {
      method: request.method,
      headers: { ...request.headers },
      ...(request.body ? { body: own(request.body) } : {}),
      credentials: request.invitation === true ? 'same-origin' : 'omit',
      referrerPolicy: 'no-referrer',
      redirect: 'error',
      cache: 'no-store',
      signal: AbortSignal.timeout(deps.timeout),
    })
    const body = await readBounded(response, request.most)
    return body ? ok({ status: response.status, body }) : err({ kind: 'network', reason: 'refused' })
  } catch (error) {
    const timedOut = error instanceof DOMException && error.name === 'TimeoutError'
    return err({ kind: 'network', reason: timedOut ? 'timeout' : 'relay-unreachable' })
  }
}
