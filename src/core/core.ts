import type { CommandName, Commands, EventName, Events, LiveName, LiveQueries, Outcome } from './api.ts'
import { createAccount, recoveryWords, rename } from './account/account.ts'
import { backupPiece } from './backup/backup.ts'
import { restorePiece } from './backup/restore.ts'
import type { Command } from './command.ts'
import { acceptRequest, block, ignoreRequest, unblock } from './contacts/answer.ts'
import { addContact, previewInvite } from './contacts/add-contact.ts'
import { inviteLink } from './contacts/invite-link.ts'
import {
  receiveContactAccept,
  receiveContactRequest,
  receiveListUpdate,
  receiveProfile,
} from './contacts/receive-contact.ts'
import { confirmSafety, markVerified, safety } from './contacts/safety.ts'
import type { CoreContext, CoreDeps } from './context.ts'
import { toContact } from './domain/contact.ts'
import { addRelay, removeRelay } from './devices/change-relays.ts'
import { acknowledgeDevice, renewDevice } from './devices/renew-device.ts'
import { createRuntime } from './runtime.ts'
import { toMe } from './me.ts'
import { createInbox } from './jobs/inbox.ts'
import { createReceipts } from './jobs/receipts.ts'
import { createReceive, type Handlers } from './jobs/receive.ts'
import { createLive } from './live.ts'
import { messagePage } from './messages/message-page.ts'
import { markRead, saveDraft } from './messages/read-state.ts'
import { clearMessages } from './messages/clear-messages.ts'
import { deleteMessage } from './messages/delete-message.ts'
import { editMessage } from './messages/edit-message.ts'
import { receiveDelete, receiveEdit } from './messages/receive-change.ts'
import { receiveReceipt, receiveText } from './messages/receive-message.ts'
import { retryMessage } from './messages/retry-message.ts'
import { createIndexer } from './messages/indexer.ts'
import { search } from './messages/search.ts'
import { sendMessage } from './messages/send-message.ts'
import { createSweeper } from './messages/sweeper.ts'
import { receiveVanish, setVanishAfter } from './messages/vanish-timer.ts'
import { createBoxFiller } from './notifications/fill-box.ts'
import { endPush, setNotifications, setPushSubscription } from './notifications/notifications.ts'
import { createEmitter } from './emitter.ts'
import { receiveKnock, receiveKnockReply } from './paths/receive-knock.ts'
import { StorageFailure } from './ports/storage.ts'
import { createRoom } from './settings/room.ts'
import { setReadReceipts, settings, storage } from './settings/settings.ts'
import { inputError } from './outcome.ts'
import { err, ok } from '../lib/result.ts'

/** The messenger without a screen, a worker, a network or a database of its own: `CoreDeps` brings those. */
export interface Core {
  /** Runs a command; never throws. */
  call<N extends CommandName>(name: N, argument: Commands[N][0]): Promise<Outcome<Commands[N][1]>>
  live<N extends LiveName>(
    name: N,
    argument: LiveQueries[N][0],
    onValue: (value: LiveQueries[N][1]) => void
  ): () => void
  on<N extends EventName>(name: N, listener: (event: Events[N]) => void): () => void
  start(): Promise<void>
  /** Resolves when nothing of it runs any more: then its store may be closed. */
  stop(): Promise<void>
}

/** A restore that was cut off leaves what nobody owns. */
const clearRemains = (store: CoreDeps['store']): void =>
  store.transaction((tx) => {
    if (!tx.account.get() && tx.contacts.list().length > 0) tx.history.clear()
  })

type CommandTable = { readonly [N in CommandName]: Command<N> }

/** Composes the core. Nothing runs before `start`. */
export const createCore = (deps: CoreDeps): Core => {
  const events = createEmitter<Events>()
  const runtime = createRuntime(deps)
  const ctx: CoreContext = runtime.context
  const receipts = createReceipts(ctx)
  const handlers: Handlers = {
    text: receiveText({ ...ctx, events }),
    edit: receiveEdit(ctx),
    delete: receiveDelete(ctx),
    vanish: receiveVanish(ctx),
    receipt: receiveReceipt(ctx),
    contactRequest: receiveContactRequest({ ...ctx, events }),
    contactAccept: receiveContactAccept({ ...ctx, events }),
    profile: receiveProfile({ ...ctx, events }),
    knock: receiveKnock(ctx),
    knockReply: receiveKnockReply(ctx),
    listUpdate: receiveListUpdate({ ...ctx, events }),
  }
  const inbox = createInbox(ctx, createReceive(ctx, handlers, receipts.due), receipts.due)
  const live = createLive(ctx)
  const indexer = createIndexer(ctx)
  const sweeper = createSweeper(ctx)
  const box = createBoxFiller(ctx)
  const upkeep = (): void => ctx.background('upkeep-failed', ctx.upkeep.run)
  const fetchMail = (): void => ctx.background('fetch-failed', inbox.fetch)
  const wake = async () => {
    deps.peers.wake()
    ctx.outbox.kickAll()
    upkeep()
    fetchMail()
    return ok(null)
  }
  const room = createRoom({
    ...ctx,
    onLevel: (level) => events.emit('storageLevel', { level }),
    onRoom: () => void wake(),
  })
  const onAccount = upkeep
  const endErased = deps.store.onCommit(({ erased }) => {
    if (erased) events.emit('messagesErased', null)
  })
  let stopped = false
  const commands: CommandTable = {
    me: async () => {
      const own = ctx.own()
      return ok(own ? toMe(own) : null)
    },
    createAccount: createAccount({ ...ctx, onAccount }),
    rename: rename({ ...ctx, onAccount }),
    recoveryWords: recoveryWords(ctx),
    addRelay: addRelay(ctx),
    removeRelay: removeRelay(ctx),
    inviteLink: inviteLink(ctx),
    previewInvite: previewInvite(ctx),
    contacts: async () => ok(ctx.store.read((tx) => tx.contacts.list().map(toContact))),
    addContact: addContact(ctx),
    acceptRequest: acceptRequest({ ...ctx, receipts }),
    ignoreRequest: ignoreRequest(ctx),
    block: block({ ...ctx, receipts }),
    unblock: unblock({ ...ctx, receipts }),
    sendMessage: sendMessage(ctx),
    retryMessage: retryMessage(ctx),
    editMessage: editMessage(ctx),
    deleteMessage: deleteMessage(ctx),
    clearMessages: clearMessages(ctx),
    setVanishAfter: setVanishAfter(ctx),
    markRead: markRead({ ...ctx, receipts }),
    messagePage: messagePage(ctx),
    saveDraft: saveDraft(ctx),
    safety: safety(ctx),
    markVerified: markVerified(ctx),
    confirmSafety: confirmSafety(ctx),
    search: search(ctx),
    backupPiece: backupPiece(ctx),
    restorePiece: restorePiece({ ...ctx, onAccount: indexer.start }),
    renewDevice: renewDevice(ctx),
    acknowledgeDevice: acknowledgeDevice(ctx),
    storage: storage({ ...ctx, room }),
    setReadReceipts: setReadReceipts(ctx),
    settings: settings(ctx),
    setNotifications: setNotifications(ctx),
    setPushSubscription: setPushSubscription(ctx),
    endPush: endPush(ctx),
    wake,
  }

  return {
    call: async (name, argument) => {
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined
      if (!command) return inputError('unknown-method')
      if (stopped) return err({ kind: 'storage', reason: 'unavailable' })
      try {
        return await runtime.track(command(argument))
      } catch (error) {
        if (error instanceof StorageFailure) return err(error.error)
        deps.log.warn('command-failed')
        return err({ kind: 'storage', reason: 'unavailable' })
      }
    },
    live: live.live,
    on: events.on,
    start: async () => {
      clearRemains(deps.store)
      runtime.start()
      sweeper.start()
      inbox.start()
      fetchMail()
      receipts.due()
      indexer.start()
      room.start()
      box.start()
    },
    stop: async () => {
      stopped = true
      endErased()
      inbox.stop()
      receipts.stop()
      indexer.stop()
      sweeper.stop()
      room.stop()
      box.stop()
      live.stop()
      await runtime.stop()
    },
  }
}
