/** What is shipped for running the relay, checked by the programs that will read it. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import * as v from 'valibot'
import { SETTINGS } from '../../relay-server/settings.ts'
import { startTestRelay } from '../contract/relay/kit/relay.ts'

const run = promisify(execFile)
const ServiceSchema = v.object({
  profiles: v.optional(v.array(v.string()), []),
  environment: v.optional(v.record(v.string(), v.nullable(v.string())), {}),
  /** As text where the host's address is named, else in parts. */
  ports: v.optional(v.array(v.union([v.string(), v.object({ protocol: v.optional(v.string()) })])), []),
  volumes: v.optional(v.array(v.string()), []),
  read_only: v.optional(v.boolean()),
  cap_drop: v.optional(v.array(v.string())),
})
type Service = v.InferOutput<typeof ServiceSchema>
const ComposeSchema = v.object({ services: v.record(v.string(), ServiceSchema) })
const TO_JSON = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))'

let services: Readonly<Record<string, Service>>
/** The compose file as docker-compose understands it. */
beforeAll(async () => {
  const env = { ...process.env, PUBLIC_URL: 'https://chat.example.org' }
  const { stdout } = await run('sh', ['-c', `docker-compose config | python3 -c '${TO_JSON}'`], { env })
  services = v.parse(ComposeSchema, JSON.parse(stdout)).services
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
  expect(names('scale')).toEqual(['balancer', 'postgres', 'redis', 'relay', 'relay-a', 'relay-b'])
})

test('relays are confined, set only what the relay knows, and are open to no other machine but through the proxy', () => {
  for (const name of ['relay', 'relay-a', 'relay-b']) {
    const relay = service(name)
    expect(relay).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
    expect(relay.environment['PUBLIC_URL']).toBe('https://chat.example.org')
    for (const setting of Object.keys(relay.environment)) expect(Object.keys(SETTINGS)).toContain(setting)
    const targets = relay.volumes.map((volume) => volume.replace(/^[^:]*:|:rw$/g, ''))
    expect(targets).toEqual(name === 'relay' ? ['/data'] : ['/data', '/data/blobs'])
    expect(isLocal(relay)).toBe(true)
  }
  for (const name of ['prometheus', 'grafana']) expect(isLocal(service(name))).toBe(true)
  for (const name of ['postgres', 'redis']) expect(service(name).ports).toEqual([])
})

test('Prometheus accepts its configuration and the alerts', async () => {
  const { stdout } = await run('promtool', ['check', 'config', 'deploy/prometheus/prometheus.yml'])
  expect(stdout).toContain('1 rule files found')
  expect(stdout).toMatch(/SUCCESS: \d+ rules found/)
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
