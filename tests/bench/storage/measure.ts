/** What one visit of a page measures, inside its worker: ms, each a median. */
import { FIRST, SEARCHED } from './texts.ts'
import type { Engine, Opened } from './engines/engine.ts'
import { mepassa } from './engines/mepassa.ts'
import { sqlJs } from './engines/sql-js.ts'
import { sqliteWasm } from './engines/sqlite-wasm.ts'
import { waSqlite } from './engines/wa-sqlite.ts'

export const ENGINES = { mepassa, sqliteWasm, waSqlite, sqlJs }
export type EngineName = keyof typeof ENGINES

/** Rows that a screen shows. */
const SHOWN = 50
const QUERIES = 25
const SLOW = 100
const FEW = 3

export interface Visit {
  readonly engine: EngineName
  readonly name: string
  /** Messages in the database, and how many visits there were: numbers of new messages follow from both. */
  readonly size: number
  readonly round: number
  /** Durable inserts. */
  readonly inserts: number
  /** Nothing is measured in this database any more. */
  readonly isLast: boolean
}
export type Figures = Readonly<Record<string, number>>

const median = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[times.length >> 1] ?? NaN

/** The first is not counted; what takes long is run a few times only. */
const time = async (rounds: number, work: (n: number) => Promise<unknown>): Promise<number> => {
  const times: number[] = []
  for (let n = 0; n <= rounds && (n <= FEW || (times.at(-1) ?? 0) < SLOW); n++) {
    const began = performance.now()
    await work(n)
    times.push(performance.now() - began)
  }
  return median(times.slice(1))
}

/** Queries must find what they are timed with, or they would be timed with nothing. */
const full = async (size: number, found: Promise<number>): Promise<void> => {
  const count = await found
  if (count !== SHOWN && size >= 10_000) throw new Error(`${count} rows`)
}

/** All figures of an engine that is open. */
export const measure = async (opened: Opened, { size, round, inserts, isLast }: Visit): Promise<Figures> => {
  const first = size + round * 1_000
  const figures: Record<string, number> = {
    'last 50': await time(QUERIES, () => full(size, opened.last(FIRST, SHOWN))),
    'search, a word': await time(QUERIES, () => full(size, opened.word(SEARCHED.word, SHOWN))),
    'search, a beginning': await time(QUERIES, () => full(size, opened.prefix(SEARCHED.prefix, SHOWN))),
    'search, a part': await time(QUERIES, () => full(size, opened.part(SEARCHED.part, SHOWN))),
    insert: await time(inserts, (n) => opened.insert(first + n)),
  }
  for (const [name, work] of Object.entries(opened.own ?? {})) {
    const times: number[] = []
    for (let n = 0; n <= FEW; n++) times.push(await work(first + n))
    figures[name] = median(times.slice(1))
  }
  return { ...figures, ...(isLast && size > 0 ? await opened.atLast?.() : undefined) }
}

/** Bytes of a file that the server has, as they arrive. */
export async function* chunksOf(url: string): AsyncGenerator<Uint8Array> {
  const reader = (await fetch(url)).body?.getReader()
  if (!reader) throw new Error(url)
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
}

/** Opens the database and answers the first question of the page: what was said last. */
export const openAndAsk = async ({ engine, name }: Visit): Promise<Opened> => {
  const opened = await (ENGINES[engine] satisfies Engine).open(name)
  await opened.last(FIRST, SHOWN)
  return opened
}
