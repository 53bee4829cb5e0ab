/** What a person types for a relay, as its origin: `relay.example`, with or without `https://` and a path. Undefined if it is none. */
export const parseRelayAddress = (text: string): string | undefined => {
  const trimmed = text.trim()
  const address = /^[a-z]+:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`
  if (trimmed === '' || address.length > 200 || !URL.canParse(address)) return undefined
  const url = new URL(address)
  if (url.username !== '' || url.password !== '') return undefined
  return isRelayOrigin(url.origin) ? url.origin : undefined
}

/** An origin a relay may have: HTTPS, or plain HTTP on this very machine. */
export const isRelayOrigin = (text: string): boolean => {
  if (text.length > 200 || !URL.canParse(text)) return false
  const url = new URL(text)
  const local = url.hostname === 'localhost' || url.hostname === '127.0.0.1' || url.hostname === '[::1]'
  return url.origin === text && (url.protocol === 'https:' || (url.protocol === 'http:' && local))
}
