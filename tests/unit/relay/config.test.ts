import { describe, expect, test } from 'vitest'
import { readConfig } from '../../../relay-server/config.ts'

const good = (env: Record<string, string>) => {
  const config = readConfig(env)
  if (!config.ok) throw new Error(config.error)
  return config.value
}

describe('settings', () => {
  test('have defaults', () => {
    expect(good({})).toMatchObject({
      port: 8080,
      host: '0.0.0.0',
      dataDir: './data',
      publicUrl: null,
      webRtcPort: 8081,
      trustProxy: 0,
      logLevel: 'info',
      mailboxTtl: 14 * 24 * 60 * 60 * 1000,
    })
    expect(good({ PORT: '', PUBLIC_URL: '' }).port).toBe(8080)
  })

  test('are read', () => {
    const env = {
      PORT: '0',
      WEBRTC_PORT: 'off',
      PUBLIC_URL: 'https://relay.example',
      TRUST_PROXY: 'true',
      MAILBOX_TTL_DAYS: '3',
    }
    const config = good(env)
    expect(config).toMatchObject({ port: 0, webRtcPort: null, trustProxy: 1, mailboxTtl: 259_200_000 })
    expect(config.publicUrl?.host).toBe('relay.example')
  })

  test('that are wrong are all named in one sentence', () => {
    const env = {
      PORT: '70000',
      PUBLIC_URL: 'https://a.b/path',
      WEBRTC_PORT: '-1',
      TRUST_PROXY: 'maybe',
      LOG_LEVEL: 'loud',
      MAILBOX_TTL_DAYS: '0',
    }
    const config = readConfig(env)
    if (config.ok) throw new Error('accepted')
    for (const name of Object.keys(env)) expect(config.error).toContain(name)
    expect(config.error).not.toContain('\n')
  })

  test('that others lack are named in the same sentence', () => {
    const config = readConfig({
      PORT: '70000',
      TURN_SECRET: 'long enough a secret',
      S3_URL: 'https://s3.example/bucket',
      REDIS_URL: 'redis://redis',
    })
    if (config.ok) throw new Error('accepted')
    for (const name of ['PORT', 'TURN_URLS', 'S3_KEY', 'S3_SECRET', 'DATABASE_URL'])
      expect(config.error).toContain(`${name} must`)
    expect(config.error).not.toContain('S3_URL must be')
  })

  test('of STUN and TURN are told apart, and those of TURN have a secret', () => {
    const urls = 'stun:t.example:3478, turn:t.example turns:[2001:db8::1]:5349?transport=tcp'
    const secret = 'long enough a secret'
    expect(good({ TURN_URLS: urls, TURN_SECRET: secret })).toMatchObject({
      stunUrls: ['stun:t.example:3478'],
      turn: { urls: ['turn:t.example', 'turns:[2001:db8::1]:5349?transport=tcp'], secret },
    })
    expect(good({ TURN_URLS: urls })).toMatchObject({ turn: { secret: null, secretFile: null } })
    const TURN_SECRET_FILE = '/secrets/turn/secret'
    expect(good({ TURN_URLS: urls, TURN_SECRET_FILE })).toMatchObject({
      turn: { secret: null, secretFile: TURN_SECRET_FILE },
    })
    expect(good({ TURN_SECRET_FILE }).turn).toBeNull()
    expect(good({ TURN_URLS: 'stun:t.example' })).toMatchObject({ stunUrls: ['stun:t.example'], turn: null })
    const sentenceOf = (env: Record<string, string>): string => {
      const config = readConfig(env)
      return config.ok ? 'accepted' : config.error
    }
    // Several relays would each make one.
    const fleet = { TURN_URLS: urls, DATABASE_URL: 'postgres://host/database' }
    expect(sentenceOf(fleet)).toContain('TURN_SECRET must be set')
    for (const one of [{ TURN_SECRET: secret }, { TURN_SECRET_FILE }])
      expect(sentenceOf({ ...fleet, ...one })).toBe('accepted')
    expect(sentenceOf({ TURN_SECRET: secret })).toContain('TURN_URLS must name')
    expect(sentenceOf({ TURN_URLS: urls, TURN_SECRET: 'short' })).toContain('TURN_SECRET must be at least')
    for (const wrong of ['https://t.example', 'stun:t.example?transport=udp', 'turn:t.example:70000'])
      expect(sentenceOf({ TURN_URLS: wrong, TURN_SECRET: secret })).toContain('TURN_URLS must be')
  })

  test.each(['ftp://x', 'relay.example', 'https://user@relay.example', 'https://relay.example/?x'])(
    '%s is no address',
    (url) => {
      expect(readConfig({ PUBLIC_URL: url }).ok).toBe(false)
    }
  )
})

test('an address for metrics has a port', () => {
  expect(good({ METRICS_ADDRESS: '127.0.0.1:9464' }).metricsAddress).toEqual({
    host: '127.0.0.1',
    port: 9464,
  })
  expect(good({ METRICS_ADDRESS: '[::1]:9464' }).metricsAddress).toEqual({ host: '::1', port: 9464 })
  expect(good({}).metricsAddress).toBeNull()
  for (const wrong of ['9464', 'localhost', 'http://localhost:9464', 'localhost:70000', 'a b:1'])
    expect(readConfig({ METRICS_ADDRESS: wrong }).ok).toBe(false)
})
