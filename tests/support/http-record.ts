/** The requests in what a page sent on one connection, as the relay received them. */

export interface RecordedRequest {
  readonly method: string
  readonly path: string
  /** By name in small letters. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** All of it, byte for byte. */
  readonly raw: Buffer
}

const END_OF_HEAD = '\r\n\r\n'

/** Reads requests until the end or until the connection becomes something else (an upgrade, whose request is the last). */
export const parseRequests = (sent: Buffer): readonly RecordedRequest[] => {
  const requests: RecordedRequest[] = []
  for (let at = 0; at < sent.length;) {
    const end = sent.indexOf(END_OF_HEAD, at)
    if (end < 0) break
    const [line = '', ...fields] = sent.toString('latin1', at, end).split('\r\n')
    const [method = '', path = ''] = line.split(' ')
    const headers = new Map(
      fields.map((field) => {
        const colon = field.indexOf(':')
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
      })
    )
    const start = end + END_OF_HEAD.length
    const next = start + Number(headers.get('content-length') ?? 0)
    requests.push({ method, path, headers, body: sent.subarray(start, next), raw: sent.subarray(at, next) })
    if (headers.has('upgrade')) break
    at = next
  }
  return requests
}
