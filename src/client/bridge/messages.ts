/**
 * What crosses the bridge between a client and the core: plain tagged objects, parsed by the same schemas on both sides. Arguments,
 * answers and values are checked apart, by the schemas of the thing they belong to.
 */
import * as v from 'valibot'
import { mePassaError } from './values.ts'

/** Correlation ids are minted by the side that asks: sent again to a new leader they still name the same request. */
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(64))
const name = v.pipe(v.string(), v.maxLength(64))
const index = v.pipe(v.number(), v.integer(), v.minValue(0))
/** Which run of the core is spoken to, or speaks. */
const leader = id

const toCoreBody = v.variant('type', [
  v.object({ type: v.literal('call'), id, name, argument: v.unknown() }),
  v.object({ type: v.literal('live'), id, name, argument: v.unknown() }),
  /** Ends a live query. */
  v.object({ type: v.literal('end'), id }),
  v.object({ type: v.literal('listen'), name }),
  v.object({ type: v.literal('unlisten'), name }),
  v.object({ type: v.literal('ping') }),
  /** To the keeper of the store, which answers while the core does not run, too. */
  v.object({ type: v.literal('keep'), id, name, argument: v.unknown() }),
])

const outcome = v.variant('ok', [
  v.object({ ok: v.literal(true), value: v.unknown() }),
  v.object({ ok: v.literal(false), error: mePassaError }),
])

const toClientBody = v.variant('type', [
  /** A leader is there: send it what is unanswered, and every live query and event name again. */
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('reply'), id, outcome }),
  v.object({ type: v.literal('value'), id, value: v.unknown() }),
  /** The next value of a live query over a list: `value` holds the items that take the place of `removed` ones at `at`. */
  v.object({ type: v.literal('change'), id, value: v.unknown(), at: index, removed: index }),
  /** A live query that cannot be asked. */
  v.object({ type: v.literal('refused'), id, error: mePassaError }),
  v.object({ type: v.literal('event'), name, event: v.unknown() }),
  v.object({ type: v.literal('pong') }),
  v.object({ type: v.literal('kept'), id, outcome }),
  /** The leader brings a database of an earlier version up to date; until that is done it says nothing more. */
  v.object({ type: v.literal('migrating') }),
  /** The leader cannot open the core; it may become ready later. */
  v.object({ type: v.literal('failed'), error: mePassaError }),
])

/** From a client to the core. */
export const ToCoreSchema = v.object({ leader, body: toCoreBody })
/** From the core to a client. */
export const ToClientSchema = v.object({ leader, body: toClientBody })

export type ToCore = v.InferOutput<typeof toCoreBody>
export type ToClient = v.InferOutput<typeof toClientBody>
