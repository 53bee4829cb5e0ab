/**
 * Limits the work that one sender can cause with messages that fail (spec §15): every key that must be derived on the
 * way to a message is a step.
 */
export type WorkBudget = {
  /** Whether `sender` may cause `steps` more; takes them if so. */
  readonly take: (sender: string, steps: number) => boolean
  /** Gives steps back, because the message turned out to be genuine. */
  readonly giveBack: (sender: string, steps: number) => void
}

export type WorkBudgetOptions = {
  /** Steps that a sender may have outstanding at once. */
  readonly steps: number
  /** Time after which a sender's whole budget is back, in milliseconds. */
  readonly period: number
  /** Milliseconds; any monotonic clock. */
  readonly now: () => number
  /** Senders remembered; the one unheard of for longest is forgotten first. */
  readonly maxSenders: number
}

type Account = { steps: number; at: number }

/** A budget that refills evenly. It lives as long as the caller keeps it, and forgets the senders that are quiet. */
export const createWorkBudget = ({ steps, period, now, maxSenders }: WorkBudgetOptions): WorkBudget => {
  const accounts = new Map<string, Account>()
  const current = (sender: string): Account => {
    const at = now()
    const known = accounts.get(sender)
    const left = known ? Math.min(steps, known.steps + ((at - known.at) / period) * steps) : steps
    const account = { steps: left, at }
    accounts.delete(sender)
    accounts.set(sender, account)
    const [oldest] = accounts.keys()
    if (accounts.size > maxSenders && oldest !== undefined) accounts.delete(oldest)
    return account
  }
  return {
    take: (sender, wanted) => {
      const account = current(sender)
      if (account.steps < wanted) return false
      account.steps -= wanted
      return true
    },
    giveBack: (sender, returned) => {
      const account = current(sender)
      account.steps = Math.min(steps, account.steps + returned)
    },
  }
}
