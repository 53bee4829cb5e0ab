/** How much may be under way at once. */
export interface Slots {
  /** Runs the task when there is room at its place, under a name that may be known for how it went there. */
  run<T>(turn: Turn, task: () => Promise<T>): Promise<T>
}

/** Whose task it is: many names may lead to one place, and none of them speaks for another. */
export interface Turn {
  readonly place: string
  readonly name: string
}

export interface SlotLimits {
  readonly total: number
  /** At one place. */
  readonly perPlace: number
  /** Of all names together that have not proven themselves, and of those at one place: they leave room for those that have. */
  readonly unproven: { readonly total: number; readonly perPlace: number }
  /** Ms after a task that went wrong until its name can prove itself again. */
  readonly probation: number
}

interface Waiting {
  readonly turn: Turn
  readonly start: () => void
}

/** Tasks that are under way at a place. */
interface Running {
  readonly all: number
  readonly unproven: number
}
const NONE: Running = { all: 0, unproven: 0 }

/** Names that are remembered, as proven and as barred from it; of more, those that were used longest ago are forgotten. */
const MOST_KNOWN = 1_000

/**
 * At most so many tasks at once, those for a full place not holding up others. A name proves itself at a place by a task for which `isGood`
 * holds of the outcome: whoever only ever takes their time has a small part of the room, under however many names and at however many places.
 */
export const createSlots = (
  limits: SlotLimits,
  isGood: (outcome: unknown) => boolean,
  now: () => number
): Slots => {
  const running = new Map<string, Running>()
  const proven = new Set<string>()
  const barred = new Map<string, number>()
  const waiting: Waiting[] = []
  let count = 0
  let unprovenCount = 0

  const hasRoom = (turn: Turn): boolean => {
    const here = running.get(turn.place) ?? NONE
    if (count >= limits.total || here.all >= limits.perPlace) return false
    if (proven.has(idOf(turn))) return true
    return unprovenCount < limits.unproven.total && here.unproven < limits.unproven.perPlace
  }
  const add = (place: string, all: 1 | -1, unproven: number): void => {
    const here = running.get(place) ?? NONE
    count += all
    unprovenCount += unproven
    running.set(place, { all: here.all + all, unproven: here.unproven + unproven })
    if (here.all + all === 0) running.delete(place)
  }
  /** Returns what gives the room back. */
  const take = (turn: Turn): (() => void) => {
    const unproven = proven.has(idOf(turn)) ? 0 : 1
    add(turn.place, 1, unproven)
    return () => add(turn.place, -1, -unproven)
  }
  const judge = (id: string, good: boolean): void => {
    const isBarred = (barred.get(id) ?? 0) > now()
    proven.delete(id)
    if (good && isBarred) return
    barred.delete(id)
    if (good) proven.add(id)
    else barred.set(id, now() + limits.probation)
    forgetOldest(proven)
    forgetOldest(barred)
  }
  const startNext = (): void => {
    for (;;) {
      const next = waiting.findIndex((one) => hasRoom(one.turn))
      if (next < 0) return
      for (const { start } of waiting.splice(next, 1)) start()
    }
  }
  const roomFor = (turn: Turn): Promise<() => void> =>
    new Promise((resolve) => waiting.push({ turn, start: () => resolve(take(turn)) }))

  return {
    run: async (turn, task) => {
      const leave = hasRoom(turn) ? take(turn) : await roomFor(turn)
      let good = false
      try {
        const outcome = await task()
        good = isGood(outcome)
        return outcome
      } finally {
        leave()
        judge(idOf(turn), good)
        startNext()
      }
    },
  }
}

/** Neither names nor addresses have blanks. */
const idOf = ({ name, place }: Turn): string => `${name} ${place}`

const forgetOldest = (known: Set<string> | Map<string, number>): void => {
  const [oldest] = known.keys()
  if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest)
}
