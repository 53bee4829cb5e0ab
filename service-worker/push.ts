import * as v from 'valibot'
import { changeBox, readBox, type Boxed } from '../src/box/box.ts'
import { equalBytes, fromBase64Url } from '../src/lib/bytes.ts'
import { openPreview, type OpenedPreview } from '../src/protocol/preview.ts'
import { PushPayloadSchema, type PushPayload } from '../src/protocol/relay-api.ts'
import { showGeneric, showMessage } from './show.ts'

declare const self: ServiceWorkerGlobalScope

const read = (data: PushMessageData | null): PushPayload | undefined => {
  try {
    const parsed = v.safeParse(PushPayloadSchema, data?.json())
    return parsed.success ? parsed.output : undefined
  } catch {
    return undefined
  }
}

/** The preview, if the push is of a relay of ours: its token says so. */
const previewOf = async (
  payload: PushPayload,
  keys: Boxed['keys'] | undefined
): Promise<OpenedPreview | undefined> => {
  const token = fromBase64Url(payload.token)
  const sealed = payload.preview === undefined ? undefined : fromBase64Url(payload.preview)
  if (!token || !sealed || !keys?.root) return undefined
  return keys.homes.some((home) => equalBytes(home.token, token)) ? openPreview(keys.root, sealed) : undefined
}

const count = async (): Promise<void> => {
  const unread = await changeBox('unread', (before = 0) => before + 1)
  // Only Chromium has badges; where the app is not installed they are refused, which is no loss.
  if ('setAppBadge' in self.navigator) await self.navigator.setAppBadge(unread)
}

/** Tells the person, whatever may be wrong with what came; no session is opened and nothing fetched. */
export const onPush = async (data: PushMessageData | null): Promise<void> => {
  const payload = read(data)
  try {
    const preview = payload && (await previewOf(payload, await readBox('keys')))
    if (!preview) throw new Error('nothing to show of it')
    const { sender, messageId, name, text } = preview
    await showMessage({ conversation: sender, message: messageId, title: name, body: text }, true)
  } catch {
    await showGeneric(payload?.kind ?? 'notify')
  }
  await count().catch(() => undefined)
}
