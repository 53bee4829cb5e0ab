import type { Me, MePassaClient } from '../../../client/contract.ts'
import type { Contact } from '../../../core/domain/contact.ts'
import type { MePassaError } from '../../../core/domain/errors.ts'
import { conversationWith } from '../../../protocol/ids.ts'
import { exportWords } from '../../i18n/export-words.ts'
import { isoTime, type CreateChatWriter } from '../../lib/export/chat-writer.ts'
import { exportChat } from '../../lib/export/export-chat.ts'
import { createHtmlWriter } from '../../lib/export/html-writer.ts'
import { createJsonWriter } from '../../lib/export/json-writer.ts'
import { createTextWriter } from '../../lib/export/text-writer.ts'
import type { Preferences } from '../../lib/preferences.svelte.ts'
import {
  fileNameOf,
  openFileToSave,
  savingError,
  type FileToSave,
  type SavedFile,
} from '../../lib/save-file.ts'

export type ExportFormat = 'html' | 'text' | 'json'
type Kind = Pick<FileToSave, 'type' | 'extension'> & { readonly create: CreateChatWriter }

const KINDS: Readonly<Record<ExportFormat, Kind>> = {
  html: { type: 'text/html', extension: '.html', create: createHtmlWriter },
  text: { type: 'text/plain', extension: '.txt', create: createTextWriter },
  json: { type: 'application/json', extension: '.json', create: createJsonWriter },
}

/** Saving one chat as a file: what is chosen, how far it is, how it ended. */
export class ChatExportModel {
  format = $state<ExportFormat>('html')
  busy = $state(false)
  count = $state(0)
  /** Messages in the file that was saved. */
  saved = $state<number | null>(null)
  /** Why it failed: the core's reason, or that the file could not be written. */
  error = $state.raw<MePassaError | null>(null)
  #stopped = false
  #deps: { readonly client: MePassaClient; readonly preferences: Preferences; readonly me: Me }

  constructor(deps: { readonly client: MePassaClient; readonly preferences: Preferences; readonly me: Me }) {
    this.#deps = deps
  }

  /** Nothing is left of a file that is under way. */
  stop(): void {
    this.#stopped = true
  }

  /** To be called while a click is being answered. */
  async save(contact: Contact): Promise<void> {
    if (this.busy) return
    this.busy = true
    this.count = 0
    this.saved = this.error = null
    let file: SavedFile | undefined
    try {
      const at = Date.now()
      const { type, extension, create } = KINDS[this.format]
      const words = exportWords(this.#deps.preferences)
      const day = isoTime(at).slice(0, 10)
      file = await openFileToSave(window, {
        name: fileNameOf(`MePassa ${contact.name} ${day}`, extension),
        type,
        extension,
        isEncrypted: false,
      })
      if (!file) return
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
      const { client, me } = this.#deps
      const outcome = await exportChat({
        client,
        conversation: conversationWith(contact.account),
        writer: create({ me, contact, at, zone }, words),
        write: file.write,
        onCount: (count) => {
          this.count = count
          return !this.#stopped
        },
      })
      if (outcome.ok && outcome.value !== null) {
        await file.close()
        this.saved = outcome.value
      } else {
        if (!outcome.ok) this.error = outcome.error
        await file.abort()
      }
    } catch (error) {
      this.error = savingError(error)
      await file?.abort().catch(() => undefined)
    } finally {
      this.busy = false
    }
  }
}
