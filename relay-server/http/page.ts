import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PAGE_HEADERS } from './security-headers.ts'

/** Vite puts a hash of the content into these names. */
const HASHED = /[/\\]assets[/\\][^/\\]+-[\w-]{8,}\.\w+$/

/** Serves the built page: hashed files for ever, all others asked again each time, and every view's address answered with the page. */
export const servePage = async (app: FastifyInstance, distDir: string): Promise<void> => {
  const root = resolve(distDir)
  const built = existsSync(join(root, 'index.html'))
  if (built) {
    await app.register(fastifyStatic, {
      root,
      cacheControl: false,
      preCompressed: true,
      setHeaders: (reply, path) => {
        void reply.header(
          'cache-control',
          HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache'
        )
        void reply.headers(PAGE_HEADERS)
      },
    })
  }
  app.setNotFoundHandler((request, reply) => {
    if (request.url.startsWith('/v1/') || !isView(request)) return notFound(reply)
    if (built) return reply.sendFile('index.html')
    return reply.code(404).type('text/plain').send('This relay serves no page: it was not built.')
  })
}

/** A navigation to an address of the page, not a request for a file that is not there. */
const isView = ({ method, url, headers }: FastifyRequest): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  (headers.accept ?? '').includes('text/html') &&
  !/\.\w+$/.test(url.split(/[?#]/)[0] ?? '')

const notFound = (reply: FastifyReply): FastifyReply =>
  reply.code(404).send({ code: 'not-found', message: 'there is nothing here' })
