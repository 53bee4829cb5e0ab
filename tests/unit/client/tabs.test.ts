/** Tabs of one profile, by real locks and real broadcast channels: one leads, the others follow, and nothing is lost between leaders. */
import { afterEach, expect, test } from 'vitest'
import { portChannel } from '../../../src/client/bridge/channel.ts'
import { connectClient, type ClientState } from '../../../src/client/bridge/connect-client.ts'
import { joinTabs, type TabRole } from '../../../src/client/tabs/join-tabs.ts'
import { systemClock } from '../../../src/host/platform.ts'
import { StorageFailure } from '../../../src/core/ports/storage.ts'
import { connectKeeper } from '../../../src/client/keeper/connect-keeper.ts'
import type { MessageWindow, Outcome } from '../../../src/client/contract.ts'
import type { KeeperCommand } from '../../../src/core/domain/keeper.ts'
import { err, ok } from '../../../src/lib/result.ts'
import { until } from '../../support/until.ts'
import { createHandClock } from './hand-clock.ts'
import { createSmallCore, newLedger, WITH_BIA, type Ledger, type SmallCore } from './small-core.ts'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

interface Options {
  readonly scope: string
  readonly ledger: Ledger
  /** Throws instead of opening. */
  readonly refuse?: () => void
  /** Brings an old store up to date while it opens. */
  readonly migrating?: (onMigrate: () => void) => Promise<void>
  /** Answers for the keeper of the store. */
  readonly keep?: (name: KeeperCommand, argument: unknown) => Promise<Outcome<unknown>>
}

/** A window and its worker, in one thread: what lies between them is a real port. */
const openTab = ({ scope, ledger, refuse, migrating, keep = async () => ok(null) }: Options) => {
  const { port1, port2 } = new MessageChannel()
  const roles: TabRole[] = []
  const states: ClientState[] = []
  const cores: SmallCore[] = []
  const clock = createHandClock()
  const window = portChannel(port2)
  let open = 0
  const tab = joinTabs({
    scope,
    worker: crypto.randomUUID(),
    window,
    locks: navigator.locks,
    clock: {
      after: (ms, callback) => (ms >= 30_000 ? clock.after(ms, callback) : systemClock.after(ms, callback)),
    },
    newId: () => crypto.randomUUID(),
    openCore: async (_reopen, onMigrate) => {
      refuse?.()
      await migrating?.(onMigrate)
      open += 1
      const core = createSmallCore(ledger)
      cores.push(core)
      return { core, close: async () => void (open -= 1) }
    },
    keep,
    onAlive: () => undefined,
    onRole: (role) => roles.push(role),
  })
  const channel = portChannel(port1)
  const keeper = connectKeeper(channel, () => crypto.randomUUID())
  const client = connectClient(channel, {
    clock: systemClock,
    newId: () => crypto.randomUUID(),
    onState: (state) => states.push(state),
  })
  const leave = async (): Promise<void> => {
    await tab.leave()
    window.close()
  }
  ends.push(async () => {
    await client.close()
    await leave()
  })
  const send = (text: string) =>
    client.call('sendMessage', { conversation: WITH_BIA, id: client.newMessageId(), text })
  return { tab, client, keeper, roles, states, cores, clock, leave, send, open: () => open }
}

const profile = (): Options => ({ scope: `test-${crypto.randomUUID()}`, ledger: newLedger() })
type Tab = ReturnType<typeof openTab>
const role = (tab: Tab) => tab.roles.at(-1)

test('one leads, the others follow and see the same', async () => {
  const options = profile()
  const first = openTab(options)
  await until('the first leads', () => role(first) === 'leading')
  const others = [openTab(options), openTab(options)]
  await until('the others follow', () => others.every((tab) => role(tab) === 'following'))
  const values: MessageWindow[] = []
  others[1]!.client.live('messages', { conversation: WITH_BIA, limit: 10 }, (value) => values.push(value))
  expect(await others[0]!.send('from a follower')).toMatchObject({
    ok: true,
    value: { text: 'from a follower' },
  })
  expect(await first.send('from the leader')).toMatchObject({ ok: true })
  await until('the live query has both', () => values.at(-1)?.messages.length === 2)
  expect([first, ...others].map((tab) => tab.open())).toEqual([1, 0, 0])
})

test('the leader leaves while a follower sends: the next one answers, and the message is there once', async () => {
  const options = profile()
  const first = openTab(options)
  await until('the first leads', () => role(first) === 'leading' && first.cores.length === 1)
  const second = openTab(options)
  const third = openTab(options)
  await until('both follow', () => role(second) === 'following' && role(third) === 'following')
  first.cores[0]!.hold()
  const answers = [second.send('from the second'), third.send('from the third')]
  await until('both are committed', () => options.ledger.messages.size === 2)
  await first.leave()
  expect(await Promise.all(answers)).toMatchObject([{ ok: true }, { ok: true }])
  expect([...options.ledger.messages.values()].map(({ text }) => text).sort()).toEqual([
    'from the second',
    'from the third',
  ])
  expect([second, third].filter((tab) => role(tab) === 'leading')).toHaveLength(1)
})

test('a follower that is gone is let go of', async () => {
  const options = profile()
  const first = openTab(options)
  await until('the first leads', () => role(first) === 'leading' && first.cores.length === 1)
  const second = openTab(options)
  second.client.live('messages', { conversation: WITH_BIA, limit: 1 }, () => undefined)
  await until('its query runs', () => first.cores[0]!.queries() === 1)
  await second.leave()
  await until('its query has ended', () => first.cores[0]!.queries() === 0)
  expect(role(first)).toBe('leading')
})

test('a leader that nobody has seen for half a minute gives way to a visible tab', async () => {
  const options = profile()
  const first = openTab(options)
  await until('the first leads', () => first.states.includes('ready'))
  const second = openTab(options)
  await until('the second follows', () => second.states.includes('ready'))
  second.tab.setVisible(false)
  first.tab.setVisible(false)
  first.clock.pass(30_000)
  second.tab.setVisible(true)
  await until('the second leads', () => role(second) === 'leading')
  await until('the first follows', () => role(first) === 'following')
  expect(await first.send('still here')).toMatchObject({ ok: true })
  expect([first.open(), second.open()]).toEqual([0, 1])
  // Seen again, it does not ask for the lead back while the other is seen too.
  first.tab.setVisible(true)
  expect(await first.send('and here')).toMatchObject({ ok: true })
  expect(role(second)).toBe('leading')
})

test('a locked store is tried again until it is free', async () => {
  let left = 3
  const tab = openTab({
    ...profile(),
    refuse: () => {
      if (left-- > 0) throw new StorageFailure('locked')
    },
  })
  expect(await tab.send('patience')).toMatchObject({ ok: true })
  expect(tab.states).toEqual(['ready'])
})

test('a store that cannot be opened is told to every tab, also to those that come later', async () => {
  const options = {
    ...profile(),
    refuse: () => {
      throw new StorageFailure('newer-version')
    },
  }
  const error = { kind: 'storage', reason: 'newer-version' }
  const first = openTab(options)
  await until('the first knows', () => first.states.length > 0)
  const second = openTab(options)
  await until('the second knows', () => second.states.length > 0)
  expect([first.states, second.states]).toEqual([[{ kind: 'failed', error }], [{ kind: 'failed', error }]])
  expect(await second.send('x')).toEqual({ ok: false, error })
})

test('a store that is brought up to date says so before it falls silent, until it is done', async () => {
  const begun = Promise.withResolvers<void>()
  const done = Promise.withResolvers<void>()
  const tab = openTab({
    ...profile(),
    migrating: async (onMigrate) => {
      onMigrate()
      begun.resolve()
      await done.promise
    },
  })
  await begun.promise
  await until('it is told', () => tab.states.at(-1) === 'migrating')
  done.resolve()
  expect(await tab.send('afterwards')).toMatchObject({ ok: true })
  expect(tab.states).toEqual(['migrating', 'ready'])
})

test('a tab that leaves while it waits never leads', async () => {
  const options = profile()
  const first = openTab(options)
  await until('the first leads', () => role(first) === 'leading')
  const second = openTab(options)
  await until('the second waits', () => role(second) === 'following')
  await second.leave()
  await first.leave()
  const third = openTab(options)
  await until('the third leads', () => role(third) === 'leading')
  expect(second.roles).toEqual(['following'])
})

test('locking closes the core of all tabs, each is told, and unlocking from a tab that follows brings it back', async () => {
  let locked = false
  const commands: string[] = []
  const options: Options = {
    ...profile(),
    refuse: () => {
      if (locked) throw new StorageFailure('app-locked')
    },
    keep: async (name, argument) => {
      commands.push(name)
      if (name === 'lock') locked = true
      if (name === 'unlock') {
        if ((argument as { passphrase: string }).passphrase !== 'right')
          return err({ kind: 'input', reason: 'wrong-passphrase' })
        locked = false
      }
      return ok(null)
    },
  }
  const first = openTab(options)
  await until('the first is ready', () => first.states.at(-1) === 'ready')
  const second = openTab(options)
  await until('the second is ready', () => second.states.at(-1) === 'ready')

  expect(await first.keeper.call('lock', null)).toEqual(ok(null))
  const failed = { kind: 'failed', error: { kind: 'storage', reason: 'app-locked' } }
  await until('both are told', () => [first, second].every(({ states }) => typeof states.at(-1) === 'object'))
  expect([first.states.at(-1), second.states.at(-1)]).toEqual([failed, failed])
  expect(first.open()).toBe(0)
  expect(await second.send('lost?')).toEqual(err({ kind: 'storage', reason: 'app-locked' }))

  expect(await second.keeper.call('unlock', { passphrase: 'wrong' })).toEqual(
    err({ kind: 'input', reason: 'wrong-passphrase' })
  )
  expect(first.open()).toBe(0)
  expect(await second.keeper.call('unlock', { passphrase: 'right' })).toEqual(ok(null))
  await until('both are ready again', () => [first, second].every(({ states }) => states.at(-1) === 'ready'))
  expect((await second.send('kept')).ok).toBe(true)
  expect(commands).toEqual(['lock', 'unlock', 'unlock'])
})

test('what the keeper does not know is refused before it', async () => {
  const asked: string[] = []
  const tab = openTab({
    ...profile(),
    keep: async (name) => {
      asked.push(name)
      return ok(null)
    },
  })
  await until('it is ready', () => tab.states.at(-1) === 'ready')
  const call = tab.keeper.call as (name: string, argument: unknown) => Promise<Outcome<unknown>>
  expect(await call('toString', null)).toEqual(err({ kind: 'input', reason: 'unknown-method' }))
  expect(await call('unlock', { passphrase: 'x'.repeat(1_025) })).toEqual(
    err({ kind: 'input', reason: 'malformed' })
  )
  expect(asked).toEqual([])
})
