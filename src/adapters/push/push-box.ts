import { writeBox } from '../../box/box.ts'
import type { PushBox } from '../../core/ports/push-box.ts'
import { importRoot } from '../../protocol/preview.ts'

/** The box of a browser. What keys are made of goes in as a key that can be used and not read. */
export const browserPushBox: PushBox = {
  leave: async (content) => {
    if (!content) return writeBox('keys', null)
    const { root, vapidPublic, homes } = content
    await writeBox('keys', {
      root: root && (await importRoot(root)),
      vapidPublic: new Uint8Array(vapidPublic),
      homes: homes.map(({ origin, token }) => ({ origin, token: new Uint8Array(token) })),
    })
  },
}

/** For where there is no service worker. */
export const noPushBox: PushBox = { leave: async () => undefined }
