/** The stage of a story: two people on two machines, each with a profile folder that stays, and one relay. */
import { ensureBuilt } from '../../scripts/lib/build.ts'
import { acceptRequest, addByLink, inviteLink, onboard } from './app.ts'
import { openBrowser, type BrowserOptions, type PersonBrowser } from './browser.ts'
import { freePort } from './free-port.ts'
import { createNetwork, type Machine, type Network } from './network.ts'
import { newFolder } from './profile.ts'
import { startRelayProcess, type RelayProcess } from './relay-process.ts'

export interface Person {
  readonly name: string
  readonly machine: Machine
  /** The profile folder. */
  readonly profile: string
  /** The browser that is open, or was last. */
  readonly browser: PersonBrowser
  readonly page: PersonBrowser['page']
  /** Opens the browser on the person's profile folder. */
  open(options?: Partial<BrowserOptions>): Promise<PersonBrowser>
}

export interface World extends AsyncDisposable {
  readonly ana: Person
  readonly bia: Person
  readonly network: Network
  readonly relay: RelayProcess
  /** Folder with all that the relay keeps. */
  readonly relayData: string
}

export interface WorldOptions {
  /** Keep what pages send to the relay. */
  readonly record?: boolean
  /** More settings of the relay. */
  readonly env?: Readonly<Record<string, string>>
  /** How both browsers are opened at first. */
  readonly browser?: Partial<BrowserOptions>
}

/** Sets the stage: the app built, the relay up, both browsers open on empty profiles. */
export async function createWorld(options: WorldOptions = {}): Promise<World> {
  // A page that somebody has built elsewhere is served as it is.
  if (process.env['DIST_DIR'] === undefined && !(await ensureBuilt()))
    throw new Error('The page does not build.')
  await using stack = new AsyncDisposableStack()
  const relayFolder = stack.use(await newFolder('relay'))
  const port = await freePort()
  const network = stack.use(await createNetwork(port, options.record))
  const url = `http://localhost:${port}`
  const startRelay = async (): Promise<RelayProcess> => {
    const relay = await startRelayProcess({
      dataDir: relayFolder.path,
      port,
      publicUrl: url,
      // The machines reach the relay by their cut proxies alone.
      env: { WEBRTC_PORT: 'off', ...options.env },
    })
    stack.defer(() => relay.kill())
    return relay
  }
  const createPerson = async (name: string, machine: Machine): Promise<Person> => {
    const folder = stack.use(await newFolder(name))
    let browser: PersonBrowser | undefined
    const open = async (more: Partial<BrowserOptions> = {}): Promise<PersonBrowser> => {
      browser = await openBrowser({
        profile: folder.path,
        executable: machine.executable,
        baseURL: url,
        ...options.browser,
        ...more,
      })
      return browser
    }
    const current = (): PersonBrowser => {
      if (browser === undefined) throw new Error(`${name} has no browser open`)
      return browser
    }
    stack.defer(() => browser?.kill())
    await open()
    return {
      name,
      machine,
      profile: folder.path,
      open,
      get browser() {
        return current()
      },
      get page() {
        return current().page
      },
    }
  }
  const [relay, ana, bia] = await Promise.all([
    startRelay(),
    createPerson('Ana Jabuticaba', network.a),
    createPerson('Bia Pitangueira', network.b),
  ])
  const kept = stack.move()
  return {
    ana,
    bia,
    network,
    relay,
    relayData: relayFolder.path,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Both make their accounts, Bia opens Ana's link and Ana accepts: both stand in the conversation and know of it. */
export async function befriend({ ana, bia }: World): Promise<void> {
  await Promise.all([onboard(ana.page, ana.name), onboard(bia.page, bia.name)])
  await addByLink(bia.page, await inviteLink(ana.page))
  await acceptRequest(ana.page)
  // That one was added, and that the other said yes.
  await bia.page.getByTestId('notice').nth(1).waitFor()
}
