/** STUN and TURN servers as WebRTC takes them. A wrong address makes a browser refuse every connection, so each is checked. */
import * as v from 'valibot'

const HOST = String.raw`(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(\d{1,5}))?`
const STUN = new RegExp(`^stuns?:${HOST}$`)
const TURN = new RegExp(`^turns?:${HOST}(?:\\?transport=(?:udp|tcp))?$`)
const MOST = 8
const HIGHEST_PORT = 65_535

const fits = (url: string, form: RegExp): boolean => {
  const match = form.exec(url)
  return match !== null && Number(match[1] ?? 1) <= HIGHEST_PORT
}

/** `stun:host:port` (RFC 7064). */
export const isStunUrl = (url: string): boolean => fits(url, STUN)
/** `turn:host:port?transport=tcp` (RFC 7065). */
export const isTurnUrl = (url: string): boolean => fits(url, TURN)

const urls = (check: (url: string) => boolean) =>
  v.pipe(
    v.array(v.pipe(v.string(), v.maxLength(300), v.check(check, 'must be the address of such a server'))),
    v.minLength(1),
    v.maxLength(MOST)
  )

const StunServerSchema = v.strictObject({ urls: urls(isStunUrl) })
const TurnServerSchema = v.strictObject({
  urls: urls(isTurnUrl),
  username: v.pipe(v.string(), v.maxLength(200)),
  credential: v.pipe(v.string(), v.maxLength(200)),
})

/** Servers that need no credentials. */
export const StunServersSchema = v.pipe(v.array(StunServerSchema), v.maxLength(MOST))
/** Servers of both kinds. */
export const IceServersSchema = v.pipe(
  v.array(v.union([StunServerSchema, TurnServerSchema])),
  v.maxLength(MOST)
)
export type IceServer = v.InferOutput<typeof IceServersSchema>[number]
