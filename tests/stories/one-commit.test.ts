/** What a message costs its sender's disk. */
import { expect, test } from 'vitest'
import type { ChangeSet } from '../../src/core/ports/storage.ts'
import { createHeadless, meet } from '../support/headless.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { until } from '../support/until.ts'

test('a text, its ciphertext and the step of the ratchet are one commit, also while no relay is there', async () => {
  await using folder = await newFolder('relay')
  const relay = await startRelayProcess({ dataDir: folder.path, env: { WEBRTC_PORT: 'off' } })
  await using ana = await createHeadless('Ana', relay.url)
  await using bia = await createHeadless('Bia', relay.url)
  await meet(ana, bia)
  const first = await ana.say(bia, 'first')
  await until('it is delivered', () => ana.state(bia, first) === 'delivered')
  const isDue = (): boolean => ana.store.read((tx) => tx.outbox.dueAccounts(Date.now()).length > 0)
  await until('nothing is left to be sent', () => !isDue())
  await relay.kill()

  const commits: ChangeSet[] = []
  const end = ana.store.onCommit((change) => commits.push(change))
  const { id } = await ana.say(bia, 'second')
  end()
  const written = commits.filter(({ tables }) => tables.has('messages'))
  expect(written).toHaveLength(1)
  expect([...(written[0]?.tables ?? [])]).toEqual(expect.arrayContaining(['messages', 'outbox', 'signal']))
  const jobs = ana.store.read((tx) => tx.outbox.ofMessage(bia.account, id))
  expect(jobs).toHaveLength(1)
  expect(jobs[0]).toMatchObject({ device: 1, state: 'queued' })
  expect(jobs[0]?.ciphertext?.length).toBeGreaterThan(0)
})
