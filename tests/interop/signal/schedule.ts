import { parseSpqrMessage, type SpqrType } from '../../../src/signal/spqr/message.ts'
import { SessionRecord } from '../../../src/signal/session/record.ts'
import { loadSession } from '../../../src/signal/session/storage.ts'
import { PreKeySignalMessage, SignalMessage } from '../../../src/signal/index.ts'
import { asText, utf8, type Party, type Wire } from './party.ts'

/** A small seeded generator (mulberry32), so that a failing schedule can be run again. */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What a run has been through: names of states and of table rows, with counts. */
export type Coverage = { readonly send: Map<string, number>; readonly receive: Map<string, number> }

const count = (map: Map<string, number>, name: string): void => {
  map.set(name, (map.get(name) ?? 0) + 1)
}

const braidOf = (party: Party, peer: Party): { tag: string; epoch: number } | null => {
  if (party.name !== 'ours') return null
  const bytes = party.stores.state.sessions.get(party.addressOf(peer).toString())
  const current = bytes && SessionRecord.deserialize(bytes).currentBytes()
  const session = current && loadSession(current)
  return session ? session.spqr.braid : null
}

const spqrOf = (wire: Wire): { epoch: number; type: SpqrType } | null => {
  const inner =
    wire.type === 3
      ? PreKeySignalMessage.deserialize(wire.bytes).fields().message
      : SignalMessage.deserialize(wire.bytes)
  const parsed = parseSpqrMessage(inner.pqRatchet())
  return parsed && { epoch: parsed.epoch, type: parsed.payload.type }
}

/** Encrypts, delivers and checks one message; counts what it went through. */
export const exchange = async (from: Party, to: Party, text: string, coverage: Coverage): Promise<void> => {
  const state = braidOf(from, to)
  const wire = await from.encrypt(to, utf8(text))
  if (state) count(coverage.send, state.tag)
  await deliver(from, to, wire, text, coverage)
}

/** Delivers one message, which must say `text`, and counts the row that it took. */
export const deliver = async (
  from: Party,
  to: Party,
  wire: Wire,
  text: string,
  coverage: Coverage
): Promise<void> => {
  const before = braidOf(to, from)
  const plaintext = asText(await to.decrypt(from, wire))
  if (plaintext !== text) throw new Error(`message ${text} arrived as ${plaintext}`)
  const message = spqrOf(wire)
  const after = braidOf(to, from)
  if (!before || !message || !after) return
  const relation = message.epoch === before.epoch ? 'same' : message.epoch < before.epoch ? 'past' : 'next'
  count(coverage.receive, `${before.tag} ${relation} ${message.type} ${after.tag}`)
}

export type ScheduleOptions = {
  readonly seed: number
  readonly messages: number
  /** Probability that a message is lost. */
  readonly loss: number
  /** Probability that a message waits and is delivered later. */
  readonly delay: number
  /** Longest burst in one direction. */
  readonly burst: number
}

/**
 * Lets two parties talk as `options` says. Every message that arrives must decrypt to what was sent; returns how many
 * were sent and received.
 */
export const runSchedule = async (
  left: Party,
  right: Party,
  options: ScheduleOptions,
  coverage: Coverage
): Promise<{ readonly sent: number; readonly received: number }> => {
  const random = seededRandom(options.seed)
  const late: { from: Party; to: Party; wire: Wire; text: string }[] = []
  let sent = 0
  let received = 0

  while (sent < options.messages) {
    const isLeft = random() < 0.5
    const [from, to] = isLeft ? [left, right] : [right, left]
    const burst = 1 + Math.floor(random() * options.burst)
    for (let i = 0; i < burst && sent < options.messages; i++) {
      const text = `message ${sent}`
      const state = braidOf(from, to)
      const wire = await from.encrypt(to, utf8(text))
      sent++
      if (state) count(coverage.send, state.tag)
      const chance = random()
      if (chance < options.loss) continue
      if (chance < options.loss + options.delay) late.push({ from, to, wire, text })
      else {
        await deliver(from, to, wire, text, coverage)
        received++
      }
    }
    // Late messages come within a few turns and in any order; ratchet keys of five chains back are kept (spec §4.4).
    while (late.length > 3 || (late.length > 0 && random() < 0.6)) {
      const [next] = late.splice(Math.floor(random() * late.length), 1)
      if (!next) continue
      await deliver(next.from, next.to, next.wire, next.text, coverage)
      received++
    }
  }
  return { sent, received }
}
