/** Misfortune by the dice: what can go wrong with a tab, a worker, a browser, the relay and the network, and how it is put right again. */
import { message } from './app.ts'
import { tellOfScreen } from './screen-report.ts'
import { until } from './until.ts'
import type { Person, World } from './world.ts'

/** Milliseconds before a page that does not load is loaded again. */
const LOADING = 30_000

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export const createDice = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Chaos {
  /** Messages that were on the screen of who wrote them: none of them may be lost. */
  readonly written: ReadonlySet<string>
  /** Messages whose writer's tab died before they were seen: they may be there or not. */
  readonly attempted: ReadonlySet<string>
  /** One turn of the dice; answers what it did. */
  turn(): Promise<string>
  /** Puts everything right. */
  calm(): Promise<void>
  /** The tab that a person has open now. */
  pageOf(person: Person): Person['page']
}

/** The two stand in their conversation. `roll` decides everything. */
export const createChaos = (world: World, roll: () => number): Chaos => {
  const { ana, bia, relay, network } = world
  const chats = new Map([ana, bia].map((person) => [person, new URL(person.page.url()).hash]))
  const pages = new Map([ana, bia].map((person) => [person, person.page]))
  const written = new Set<string>()
  const attempted = new Set<string>()
  let count = 0
  let relayRuns = true

  const pick = <T>(from: readonly T[]): T => from[Math.floor(roll() * from.length)] as T
  const pageOf = (person: Person): Person['page'] => pages.get(person) ?? person.page

  const open = async (person: Person, page: Person['page']): Promise<void> => {
    pages.set(person, page)
    // Without a network the service worker serves the page; the address holds the conversation.
    await until('the page opens', () =>
      page.goto(`/${chats.get(person) ?? ''}`, { timeout: LOADING }).then(() => true)
    )
    await page.getByTestId('composer').waitFor()
  }

  /** Writes without looking whether it was taken. */
  const type = async (person: Person): Promise<string> => {
    const text = `${person.name} ${++count}`
    attempted.add(text)
    await pageOf(person).getByTestId('composer').fill(text)
    await pageOf(person).getByTestId('composer').press('Enter')
    return text
  }

  const writing = async (person: Person): Promise<void> => {
    const texts: string[] = []
    for (let left = 1 + Math.floor(roll() * 4); left > 0; left--) texts.push(await type(person))
    for (const text of texts) {
      await message(pageOf(person), text)
        .waitFor()
        .catch(async (cause: unknown) => {
          const seen = await tellOfScreen(pageOf(person), person.browser.errors())
          throw new Error(`${person.name} does not see “${text}”.\n${seen}`, { cause })
        })
      attempted.delete(text)
      written.add(text)
    }
  }

  const deeds: Readonly<Record<string, (person: Person) => Promise<void>>> = {
    writes: writing,
    'writes again': writing,
    'answers at once': async (person) => {
      await writing(person)
      await writing(person === ana ? bia : ana)
    },
    'loses the tab while writing': async (person) => {
      await type(person)
      const next = await person.browser.context.newPage()
      await pageOf(person).close()
      await open(person, next)
    },
    'reloads while writing': async (person) => {
      await type(person)
      await open(person, pageOf(person))
      await pageOf(person).reload()
      await pageOf(person).getByTestId('composer').waitFor()
    },
    'loses the worker': async (person) => {
      await type(person)
      // One that ends by itself meanwhile answers nothing.
      for (const worker of pageOf(person).workers())
        await worker.evaluate(() => globalThis.close()).catch(() => undefined)
    },
    'loses the browser while writing': async (person) => {
      await type(person)
      await person.browser.kill()
      await open(person, (await person.open()).page)
    },
    'sleeps while the other writes': async (person) => {
      await person.browser.sleep()
      try {
        await writing(person === ana ? bia : ana)
      } finally {
        await person.browser.wake()
      }
    },
    'loses the way to the relay': async (person) => void person.machine.relayPath.cut(),
    'finds the way to the relay': async (person) => void person.machine.relayPath.restore(),
    'loses the direct path': () => network.cutDirect(),
    'finds the direct path': () => network.restoreDirect(),
    'the relay dies': async () => {
      await relay.kill()
      relayRuns = false
    },
    'the relay is back': async () => {
      if (!relayRuns) await relay.start()
      relayRuns = true
    },
  }

  return {
    written,
    attempted,
    pageOf,
    async turn() {
      const person = pick([ana, bia])
      const [name, deed] = pick(Object.entries(deeds))
      await deed(person)
      return `${person.name} ${name}`
    },
    async calm() {
      await network.restoreDirect()
      for (const { machine } of [ana, bia]) machine.relayPath.restore()
      if (!relayRuns) await relay.start()
      relayRuns = true
    },
  }
}
