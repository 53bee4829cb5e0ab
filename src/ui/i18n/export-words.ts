import type { ExportWords } from '../lib/export/chat-writer.ts'
import type { Preferences } from '../lib/preferences.svelte.ts'
import { noticeText } from './line-text.ts'
import { m } from './paraglide/messages.js'

/** What an exported chat says beside its messages, in the language of the screens. */
export const exportWords = ({ locale, formats }: Pick<Preferences, 'locale' | 'formats'>): ExportWords => ({
  language: locale,
  title: (name) => m.export_file_title({ name }),
  about: ({ at, zone }) => [m.export_file_about({ time: formats.full(at), zone }), m.export_file_warning()],
  line: ({ kind, text }, name) => {
    if (kind === 'notice') return noticeText(text, name, formats)
    if (kind === 'deleted') return m.export_deleted({ name })
    return kind === 'gap' ? m.export_gap({ name }) : null
  },
  edited: (time) => m.export_edited({ time }),
  unsent: ({ kind, state }) => {
    if (kind !== 'text') return null
    if (state === 'failed') return m.state_failed()
    return state === 'pending' ? m.state_pending() : null
  },
  day: formats.date,
  time: formats.time,
  moment: formats.full,
})
