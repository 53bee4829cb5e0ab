import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareChains, mayReplace } from '../../../src/protocol/list-fork.ts'
import { PrivateKey } from '../../../src/signal/index.ts'
import { sameBytes } from '../../support/bytes.ts'
import { append, begin, restart, testDevice } from '../../support/device-lists.ts'

const account = PrivateKey.generate()
const [one, two, three, four] = [testDevice(1), testDevice(2), testDevice(3), testDevice(4)] as const
const base = append(account, begin(account, { devices: [one] }), { devices: [one, two, three], by: one })
const removal = append(account, base, { devices: [one, two], by: one })
const addition = append(account, base, { devices: [one, two, three, four], by: three })
const recovery = append(account, base, { devices: [one, two, three, four] })

describe('a newer device list', () => {
  test('goes on from the known one', () => {
    expect(compareChains(base, removal)).toBe('newer')
    expect(mayReplace(base, removal)).toBe(true)
  })

  test('is not the same one again, nor an older one, nor one of somebody else', () => {
    expect(compareChains(base, base)).toBe('same')
    expect(compareChains(removal, base)).toBe('rolled-back')
    expect(compareChains(base, begin(PrivateKey.generate(), { devices: [one] }))).toBe('foreign')
    for (const next of [removal, base]) expect(mayReplace(removal, next)).toBe(false)
  })

  test('may begin after the known one', () => {
    const later = restart(account, removal, { devices: [one, two] })
    expect(compareChains(removal, later)).toBe('newer')
    expect(compareChains(later, removal)).toBe('rolled-back')
  })

  test('of a fork never lowers the revision, whoever signed it', () => {
    const longer = append(account, addition, { devices: [one, two, three, four], by: four })
    expect(compareChains(longer, recovery)).toBe('rolled-back')
  })
})

describe('at a fork', () => {
  test('removals beat additions', () => {
    expect(compareChains(addition, removal)).toBe('wins')
    expect(compareChains(removal, addition)).toBe('loses')
  })

  test('a removed device gains nothing by going on alone', () => {
    const alone = append(account, addition, { devices: [one, two, three, four], by: three })
    expect(compareChains(removal, alone)).toBe('loses')
  })

  test('a removal with additions still beats a mere renewal', () => {
    const renewal = append(account, base, { devices: [one, two, three], by: three })
    const exchange = append(account, base, { devices: [one, two, four, testDevice(5)], by: one })
    expect(compareChains(renewal, exchange)).toBe('wins')
    expect(compareChains(exchange, renewal)).toBe('loses')
  })

  test('the account key beats removals, also after devices went on from it', () => {
    expect(compareChains(removal, recovery)).toBe('wins')
    const renewed = append(account, recovery, { devices: [one, two, three, four], by: four })
    const emptied = append(account, removal, { devices: [one], by: two })
    expect(compareChains(emptied, renewed)).toBe('wins')
    expect(compareChains(renewed, emptied)).toBe('loses')
  })

  test('everybody chooses the same of two equals, in whichever order they come', () => {
    const left = append(account, base, { devices: [one, two, three], by: one, signedAt: 1 })
    const right = append(account, base, { devices: [one, two, three], by: two, signedAt: 2 })
    expect([compareChains(left, right), compareChains(right, left)].toSorted()).toEqual(['loses', 'wins'])
    const higher = append(account, right, { devices: [one, two, three], by: two })
    expect(compareChains(left, higher)).toBe('wins')
  })

  test('chains without a common revision are measured by the same rules', () => {
    const other = restart(account, recovery, { devices: [one] })
    const mine = restart(account, removal, { devices: [one, two] })
    expect(compareChains(mine, other)).toBe('wins')
    expect(compareChains(other, mine)).toBe('loses')
  })
})

describe('whoever has seen chains of one length', () => {
  test('ends with the same one, in whatever order they came', () => {
    const devices = [one, two, three, four, testDevice(5)]
    const step = fc.record({
      keep: fc.subarray(devices, { minLength: 1 }),
      by: fc.constantFrom(one, two, three, undefined),
      signedAt: fc.integer({ min: 1, max: 1_000 }),
    })
    const side = fc.array(step, { minLength: 1, maxLength: 2 })
    const chains = fc.array(side, { minLength: 2, maxLength: 4 }).map((sides) => {
      const most = Math.max(...sides.map((steps) => steps.length))
      return sides.map((steps) => {
        const padded = [...steps, ...steps].slice(0, most)
        return padded.reduce<Uint8Array>(
          (chain, { keep, by, signedAt }) =>
            append(account, chain, { devices: keep, signedAt, ...(by ? { by } : {}) }),
          base
        )
      })
    })
    fc.assert(
      fc.property(
        chains.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))
        ),
        ([all, shuffled]) => {
          const settle = (order: readonly Uint8Array[]): Uint8Array =>
            order.reduce((known, next) => (mayReplace(known, next) ? next : known))
          expect(sameBytes(settle(shuffled), settle(all))).toBe(true)
        }
      ),
      { numRuns: 300 }
    )
  })
})
