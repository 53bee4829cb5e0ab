/** An origin a relay may have: HTTPS, or plain HTTP on this very machine. */
export const isRelayOrigin = (text: string): boolean => {
  if (text.length > 200 || !URL.canParse(text)) return false
  const url = new URL(text)
  const local = url.hostname === 'localhost' || url.hostname === '127.0.0.1' || url.hostname === '[::1]'
  return url.origin === text && (url.protocol === 'https:' || (url.protocol === 'http:' && local))
}
