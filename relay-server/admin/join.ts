import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RELAY_PATHS } from '../../src/protocol/relay-api.ts'
import type { RelayContext } from '../context.ts'

const COOKIE = 'mepassa-invite'
const CODE = /^[0-9A-Za-z-]{16,64}$/
/** As long as somebody may take from opening the link to typing a name. Seconds. */
const KEPT = 60 * 60

/** The path of the link that carries an invitation code. */
export const joinPath = (code: string): string => `/join/${code}`

/**
 * An invitation link: the browser keeps the code for the one request that registers, and the app opens. No script sees it, and it leaves no
 * trace in the address bar.
 */
export const joinRoutes = (app: FastifyInstance, { config }: RelayContext): void => {
  const secure = config.publicUrl?.protocol === 'https:' ? '; Secure' : ''
  app.get('/join/:code', async (request, reply) => {
    const { code = '' } = request.params as { code?: string }
    if (CODE.test(code))
      void reply.header(
        'set-cookie',
        `${COOKIE}=${code}; Path=${RELAY_PATHS.devices}; Max-Age=${KEPT}; HttpOnly; SameSite=Strict${secure}`
      )
    return reply.code(303).header('cache-control', 'no-store').header('location', '/').send()
  })
}

/** The code that a browser brings along; empty if none. */
export const invitationOf = ({ headers }: FastifyRequest): string =>
  new RegExp(`(?:^|; )${COOKIE}=([0-9A-Za-z-]{1,64})(?:;|$)`).exec(headers.cookie ?? '')?.[1] ?? ''
