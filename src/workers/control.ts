/** What a tab's window and its core worker tell each other beside the bridge. */
import * as v from 'valibot'

const port = v.instance(MessagePort)
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(64))

/** From the window to its worker. */
export const ToWorkerSchema = v.variant('type', [
  /**
   * First of all. `worker` names this worker; `origin` is the home relay of a new account and what invite links begin with; `expected` says that
   * there was an account in this browser.
   */
  v.object({
    type: v.literal('join'),
    worker: id,
    scope: id,
    origin: v.pipe(v.string(), v.url()),
    expected: v.boolean(),
    bridge: port,
  }),
  v.object({ type: v.literal('visible'), visible: v.boolean() }),
])
export type ToWorker = v.InferOutput<typeof ToWorkerSchema>

/** From the worker to its window. */
export const ToWindowSchema = v.variant('type', [
  /** Its lock is held: from here on the lock's release says that the worker is dead. */
  v.object({ type: v.literal('alive') }),
  v.object({ type: v.literal('role'), role: v.picklist(['following', 'leading']) }),
  /** Workers of this browser have no private file system with sync handles. */
  v.object({ type: v.literal('unsupported') }),
  /** The core wants its libp2p node, which only a window can run: serve it on this port. */
  v.object({ type: v.literal('peers'), port }),
])
export type ToWindow = v.InferOutput<typeof ToWindowSchema>
