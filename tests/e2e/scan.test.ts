/** An invite code on one screen, a camera in front of it: real pixels of the page, through the browser's own capture. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { acceptRequest, atHome, goTo, inviteLink, message, onboard, send } from '../support/app.ts'
import { newFolder } from '../support/profile.ts'
import { createWorld } from '../support/world.ts'
import english from '../../messages/en.json' with { type: 'json' }

test('the code on one screen is scanned with the camera of the other, and they talk', async () => {
  await using world = await createWorld()
  await using folder = await newFolder('camera')
  const { ana, bia } = world
  await onboard(ana.page, ana.name)
  await inviteLink(ana.page)
  const code = ana.page.getByRole('img', { name: english.invite_qr })
  // What a camera sees: the code with some of the screen around it, as a film of one JPEG picture.
  await code.scrollIntoViewIfNeeded()
  const film = join(folder.path, 'screen.mjpeg')
  await writeFile(film, await ana.page.screenshot({ type: 'jpeg', quality: 90 }))

  await bia.browser.close()
  await bia.open({ flags: [`--use-file-for-fake-video-capture=${film}`], permissions: ['camera'] })
  await onboard(bia.page, bia.name)
  await goTo(bia.page, 'add')
  await bia.page.getByTestId('scan').click()
  // It asks before anything is sent.
  await bia.page.getByTestId('confirm-add').waitFor()
  await bia.page.getByText(ana.name).first().waitFor()
  expect(await ana.page.getByTestId('requests-link').count()).toBe(0)
  await bia.page.getByTestId('confirm-add').click()
  await bia.page.getByTestId('composer').waitFor()
  await acceptRequest(ana.page)
  await send(ana.page, 'scanned')
  await message(bia.page, 'scanned').waitFor()

  // A camera that is refused is said, and what to do about it.
  await bia.browser.close()
  await bia.open({ flags: ['--use-fake-ui-for-media-stream=deny'] })
  await bia.page.goto('/')
  await atHome(bia.page)
  await goTo(bia.page, 'add')
  await bia.page.getByTestId('scan').click()
  await bia.page.getByTestId('scanner').getByText(english.camera_refused).waitFor()
})
