/** What is shipped for running the relay, checked by the programs that will read it. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseEnv, promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import * as v from 'valibot'
import { readConfig } from '../../relay-server/config.ts'
import { SETTINGS } from '../../relay-server/settings.ts'
import { startTestRelay } from '../contract/relay/kit/relay.ts'

const run = promisify(execFile)
const PortSchema = v.object({
  published: v.union([v.number(), v.string()]),
  target: v.number(),
  protocol: v.optional(v.string()),
})
const ServiceSchema = v.object({
  profiles: v.optional(v.array(v.string()), []),
  environment: v.optional(v.record(v.string(), v.nullable(v.string())), {}),
  /** As text where the host's address is named, else in parts. */
  ports: v.optional(v.array(v.union([v.string(), PortSchema])), []),
  volumes: v.optional(v.array(v.string()), []),
  read_only: v.optional(v.boolean()),
  user: v.optional(v.string()),
  entrypoint: v.optional(v.array(v.string())),
  cap_drop: v.optional(v.array(v.string())),
})
type Service = v.InferOutput<typeof ServiceSchema>
const ComposeSchema = v.object({ services: v.record(v.string(), ServiceSchema) })
const TO_JSON = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))'

type Services = Readonly<Record<string, Service>>
/** The compose file as docker-compose understands it, with these variables and no others. */
const composeOf = async (env: Readonly<Record<string, string>>): Promise<Services> => {
  const { stdout } = await run('sh', ['-c', `docker-compose config | python3 -c '${TO_JSON}'`], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
  })
  return v.parse(ComposeSchema, JSON.parse(stdout)).services
}
const sorted = (values: Service['environment'] = {}) => Object.entries(values).sort()

let services: Services
beforeAll(async () => {
  services = await composeOf({ PUBLIC_URL: 'https://chat.example.org' })
}, 120_000)

const service = (name: string): Service => {
  const found = services[name]
  if (!found) throw new Error(`there is no service ${name}`)
  return found
}
/** Whether all its TCP ports lead to this machine alone. */
const isLocal = ({ ports }: Service): boolean =>
  ports.every((port) =>
    typeof port === 'string'
      ? port.startsWith('127.0.0.1:') || port.endsWith('/udp')
      : port.protocol === 'udp'
  )

test('each profile starts what it says', () => {
  const names = (...profiles: string[]) =>
    Object.entries(services)
      .filter(([, one]) => one.profiles.length === 0 || one.profiles.some((name) => profiles.includes(name)))
      .map(([name]) => name)
      .sort()
  expect(names()).toEqual(['relay'])
  expect(names('tls')).toEqual(['caddy', 'relay'])
  expect(names('turn')).toEqual(['relay', 'turn'])
  expect(names('metrics')).toEqual(['grafana', 'prometheus', 'relay'])
  expect(names('scale')).toEqual(['balancer', 'postgres', 'redis', 'relay', 'relay-b'])
})

test('relays are confined, and are open to no other machine but through the proxy', () => {
  for (const name of ['relay', 'relay-b']) {
    const relay = service(name)
    expect(relay).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
    expect(isLocal(relay)).toBe(true)
    const targets = relay.volumes.map((volume) => volume.replace(/^[^:]*:|:rw$/g, ''))
    expect(targets).toEqual(['/data', '/data/blobs', '/secrets/turn', '/secrets/database:ro'])
  }
  // Attachments and what servers beside them know are one for both; keys are not.
  const [first, second] = [service('relay').volumes, service('relay-b').volumes]
  expect(first.filter((volume) => second.includes(volume))).toEqual([
    'blobs:/data/blobs:rw',
    'turn-secret:/secrets/turn:rw',
    'database-password:/secrets/database:ro',
  ])
  for (const name of ['prometheus', 'grafana']) expect(isLocal(service(name))).toBe(true)
  for (const name of ['postgres', 'redis']) expect(service(name).ports).toEqual([])
})

test('a server beside the relays sees the one secret that it shares with them, where they have it', () => {
  const { environment } = service('relay')
  const turn = service('turn')
  expect(turn.volumes.filter((volume) => !volume.startsWith('/'))).toEqual(['turn-secret:/secrets/turn:ro'])
  expect(turn.environment['TURN_SECRET_FILE']).toBe(environment['TURN_SECRET_FILE'])
  expect(turn.environment['TURN_SECRET_FILE']).toMatch(/^\/secrets\/turn\//)
  // The image's user, by whom alone the secret can be read.
  expect(turn.user).toBe('1000:1000')
  const postgres = service('postgres')
  expect(postgres.volumes.filter((volume) => !volume.startsWith('/'))).toEqual([
    'postgres:/var/lib/postgresql/data:rw',
    'database-password:/secrets/database:rw',
  ])
  const folder = postgres.environment['PASSWORD_FOLDER']
  expect(environment['DATABASE_PASSWORD_FILE']).toBe(`${folder}/password`)
  // What they run is where it is mounted.
  expect(turn.entrypoint).toEqual(['sh', '/etc/coturn/start.sh'])
  expect(turn.volumes).toContain(`${resolve('deploy/coturn')}:/etc/coturn:ro`)
  expect(postgres.entrypoint).toEqual(['sh', '/start.sh'])
  expect(postgres.volumes).toContain(`${resolve('deploy/postgres/start.sh')}:/start.sh:ro`)
})

test('.env sets every setting of the relays, but for those that belong to the container', async () => {
  const own = ['HOST', 'PORT', 'DATA_DIR', 'DIST_DIR', 'TURN_SECRET_FILE', 'DATABASE_PASSWORD_FILE']
  const inside = {
    TURN_SECRET_FILE: '/secrets/turn/secret',
    DATABASE_PASSWORD_FILE: '/secrets/database/password',
  }
  const names = Object.keys(SETTINGS).filter((name) => !own.includes(name))
  // A number is right for a port, and any text for the others: nothing here asks what they mean.
  const values = Object.fromEntries(names.map((name, index) => [name, String(9000 + index)]))
  const env = { ...values, P2P_URL_B: 'second' }
  const set = await composeOf(env)
  expect(sorted(set['relay']?.environment)).toEqual(sorted({ ...values, ...inside }))
  // What must not be the same for two relays of one machine.
  expect(sorted(set['relay-b']?.environment)).toEqual(
    sorted({ ...values, ...inside, P2P_URL: 'second', WEBRTC_PORT: '8082' })
  )
  expect(set['relay']?.ports).toContainEqual(
    expect.objectContaining({ target: Number(values['WEBRTC_PORT']) })
  )
})

test('the .env of a fleet, as the documents have it, is enough for both relays, with a TURN server too', async () => {
  const guide = await readFile('docs/SELF-HOSTING.md', 'utf8')
  const [, lines = ''] = /\n## A fleet\n[^]*?<<END\n([^]*?)\nEND\n/.exec(guide) ?? []
  const env = parseEnv(lines.replaceAll(/\$\(.*?\)/g, '0123456789abcdef01234567')) as Record<string, string>
  expect(env['DATABASE_URL']).toContain('@postgres/')
  const set = await composeOf({ ...env, TURN_URLS: 'turn:chat.example.org:3478' })
  for (const name of ['relay', 'relay-b']) {
    const environment = Object.entries(set[name]?.environment ?? {})
    const config = readConfig(Object.fromEntries(environment.map(([key, value]) => [key, value ?? ''])))
    expect(config).toMatchObject({ ok: true, value: { redisUrl: 'redis://redis' } })
  }
})

test('two relays of a fleet take no port from each other', () => {
  const published = ['relay', 'relay-b', 'balancer'].flatMap((name) =>
    service(name).ports.map((port) =>
      typeof port === 'string' ? port : `${port.published}/${port.protocol ?? 'tcp'}`
    )
  )
  expect(new Set(published).size).toBe(published.length)
})

test('Prometheus accepts its configuration and the alerts', async () => {
  const { stdout } = await run('promtool', ['check', 'config', 'deploy/prometheus/prometheus.yml'])
  expect(stdout).toContain('1 rule files found')
  expect(stdout).toMatch(/SUCCESS: \d+ rules found/)
})

test('the alerts fire when they should, and when nothing answers', async () => {
  const { stdout } = await run('promtool', ['test', 'rules', 'tests/deploy/alerts.yml'])
  expect(stdout).toContain('SUCCESS')
})

test('dashboard and alerts ask for metrics that a relay has', async () => {
  await using relay = await startTestRelay()
  const metrics = await (await fetch(`${relay.url}/metrics`)).text()
  const known = new Set([...metrics.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name))
  for (const file of ['deploy/grafana/dashboards/mepassa.json', 'deploy/prometheus/alerts.yml']) {
    const asked = [...(await readFile(file, 'utf8')).matchAll(/mepassa_\w+/g)].map(([name]) => name)
    expect(asked.length).toBeGreaterThan(2)
    expect(asked.filter((name) => !known.has(name))).toEqual([])
  }
})

test('Grafana finds the dashboard and its source where the compose file puts them', async () => {
  const dashboard = v.parse(
    v.object({
      title: v.literal('MePassa'),
      panels: v.array(v.object({ datasource: v.object({ uid: v.string() }) })),
    }),
    JSON.parse(await readFile('deploy/grafana/dashboards/mepassa.json', 'utf8'))
  )
  const source = await readFile('deploy/grafana/provisioning/datasources/prometheus.yml', 'utf8')
  for (const { datasource } of dashboard.panels) expect(source).toContain(`uid: ${datasource.uid}`)
  const provider = await readFile('deploy/grafana/provisioning/dashboards/mepassa.yml', 'utf8')
  const [, path = ''] = /path: (\S+)/.exec(provider) ?? []
  expect(service('grafana').volumes.some((volume) => volume.includes(`:${path}:`))).toBe(true)
})
