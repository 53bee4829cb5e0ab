/** The main job, from the first page to a history that stays: two people, two browsers, one relay in between that carries nothing. */
import { expect, test } from 'vitest'
import { pathIs, reached, send, sendMany } from '../support/app.ts'
import { carried, deposits } from '../support/relay-view.ts'
import { settled, texts } from '../support/settled.ts'
import { befriend, createWorld } from '../support/world.ts'

const COUNT = 100
const LOT = 20
/** Long enough that two hundred bodies cannot hide among pings. */
const BODY = 1_000
const CONTROL = 10

test('two people meet by a link and write to each other directly; the relay carries none of it, and all is there after a reload', async () => {
  await using world = await createWorld({ record: true })
  const { ana, bia, network } = world
  await befriend(world)
  await Promise.all([pathIs(ana.page, 'direct'), pathIs(bia.page, 'direct')])
  await send(bia.page, 'first words')
  await reached(bia.page, 'first words', ['read'])

  const before = carried(world)
  const depositsBefore = deposits(world)
  const [fromAna, fromBia]: [string[], string[]] = [[], []]
  let all = await settled(world, 1)
  // What is not confirmed in four seconds takes the mailbox besides: on a busy machine the last of a hundred at once would wait for longer.
  for (let lot = 1; lot <= COUNT / LOT; lot++) {
    const [mine, theirs] = await Promise.all([
      sendMany(ana.page, `Ana ${lot}.`, LOT, BODY),
      sendMany(bia.page, `Bia ${lot}.`, LOT, BODY),
    ])
    fromAna.push(...mine)
    fromBia.push(...theirs)
    all = await settled(world, 2 * fromAna.length + 1)
  }
  const direct = carried(world) - before
  expect(deposits(world) - depositsBefore).toBe(0)
  expect(direct).toBeLessThan((2 * COUNT * BODY) / 10)

  for (const [mine, theirs, page] of [
    [fromAna, fromBia, all.ana],
    [fromBia, fromAna, all.bia],
  ] as const) {
    const after = page.slice(1)
    expect(after.filter(({ own }) => own).map(({ text }) => text)).toEqual(mine)
    expect(after.filter(({ own }) => !own).map(({ text }) => text)).toEqual(theirs)
  }
  expect(texts(all.ana)).toEqual(texts(all.bia))

  // The control: the same counter sees the same bodies when they have no other way.
  await network.cutDirect()
  await Promise.all([pathIs(ana.page, 'relay'), pathIs(bia.page, 'relay')])
  const beforeControl = carried(world)
  await sendMany(ana.page, 'Ana through the relay', CONTROL, BODY)
  await reached(ana.page, `Ana through the relay ${CONTROL} `.padEnd(BODY, 'palavra ').trim(), [
    'delivered',
    'read',
  ])
  expect(carried(world) - beforeControl).toBeGreaterThan(CONTROL * BODY)
  expect(deposits(world)).toBeGreaterThan(depositsBefore)

  await Promise.all([ana.page.reload(), bia.page.reload()])
  const again = await settled(world, 2 * COUNT + 1 + CONTROL)
  expect(texts(again.ana)).toEqual(texts(again.bia))
  expect(again.ana.map(({ id }) => id).slice(0, 2 * COUNT + 1)).toEqual(all.ana.map(({ id }) => id))
})
