import { expect, test } from 'vitest'
import { createKeyedMutex, mutexOf } from '../../../src/signal/locks.ts'
import { asText, createParty, utf8 } from '../../interop/signal/party.ts'

test('tasks of one key run one after the other, others at once', async () => {
  const mutex = createKeyedMutex()
  const order: string[] = []
  let release = (): void => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const first = mutex.run('a', async () => {
    await gate
    order.push('a1')
  })
  const second = mutex.run('a', async () => {
    order.push('a2')
  })
  await mutex.run('b', async () => {
    order.push('b')
  })
  release()
  await Promise.all([first, second])
  expect(order).toEqual(['b', 'a1', 'a2'])
})

test('a failure doesn’t hold up the next task', async () => {
  const mutex = createKeyedMutex()
  const failing = mutex.run('a', async () => {
    throw new Error('no')
  })
  const next = mutex.run('a', async () => 'fine')
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('fine')
})

test('each store has mutexes of its own', () => {
  const [one, two] = [{}, {}]
  expect(mutexOf(one)).toBe(mutexOf(one))
  expect(mutexOf(one)).not.toBe(mutexOf(two))
})

test('messages encrypted and decrypted at once use no key twice', async () => {
  const [alice, bob] = [createParty('ours', 'alice'), createParty('ours', 'bob')]
  await alice.begin(bob)
  const texts = Array.from({ length: 20 }, (_, i) => `message ${i}`)
  const wires = await Promise.all(texts.map((text) => alice.encrypt(bob, utf8(text))))
  const read = await Promise.all(wires.map((wire) => bob.decrypt(alice, wire)))
  expect(read.map(asText)).toEqual(texts)
})
