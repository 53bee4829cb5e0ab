/**
 * Everything that can break does, at random, while two people write. `CHAOS_SEED` repeats a run, `CHAOS_TURNS` makes it
 * longer than the short one that every test run has.
 */
import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { createChaos, createDice } from '../support/chaos.ts'
import { settledPage, texts } from '../support/settled.ts'
import { until } from '../support/until.ts'
import { befriend, createWorld } from '../support/world.ts'

const SEED = Number(process.env['CHAOS_SEED'] ?? randomInt(2 ** 31))
const TURNS = Number(process.env['CHAOS_TURNS'] ?? 20)
/** A turn takes seconds; a browser that is opened anew takes some more. */
const TIME = 120_000 + TURNS * 20_000

test(
  `after ${TURNS} turns of misfortune both hold the same messages, each once, in the same order`,
  { timeout: TIME },
  async () => {
    console.log(`Chaos: CHAOS_SEED=${SEED} CHAOS_TURNS=${TURNS}`)
    await using world = await createWorld()
    await befriend(world)
    const chaos = createChaos(world, createDice(SEED))
    const log: string[] = []
    try {
      for (let turn = 0; turn < TURNS; turn++) log.push(await chaos.turn())
      await chaos.calm()
      const lists = await until(
        'both show the same',
        async () => {
          const [anas, bias] = await Promise.all([ana(), bia()])
          return JSON.stringify(anas) === JSON.stringify(bias) ? { anas, bias } : null
        },
        { timeout: 150_000, every: 500 }
      )
      expect(lists.anas.length).toBe(new Set(lists.anas).size)
      expect(lists.anas.filter((text) => !chaos.written.has(text) && !chaos.attempted.has(text))).toEqual([])
      expect([...chaos.written].filter((text) => !lists.anas.includes(text))).toEqual([])
    } catch (error) {
      console.log(`CHAOS_SEED=${SEED}, turn by turn:\n${log.join('\n')}`)
      throw error
    }

    async function ana(): Promise<readonly string[]> {
      return texts(await settledPage(chaos.pageOf(world.ana), chaos.written.size, 120_000))
    }
    async function bia(): Promise<readonly string[]> {
      return texts(await settledPage(chaos.pageOf(world.bia), chaos.written.size, 120_000))
    }
  }
)
