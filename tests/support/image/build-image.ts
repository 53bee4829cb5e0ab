/**
 * The image without an engine: every instruction of the shipped Dockerfile is carried out in a folder, with the npm registry and npm's cache of
 * this machine. Where the registry does not answer, the packages of this copy are taken for what `npm ci` would install, and that is said aloud;
 * with IMAGE=required it is an error.
 */
import { execFileSync } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { readDockerfile, type Instruction, type Stage } from './dockerfile.ts'
import { finishIn, makeRoot } from './stage-root.ts'

export interface Image {
  readonly root: string
  readonly stage: Stage
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** How this machine reaches the registry; a machine that builds images has its own ways. */
const REACHING = ['NODE_EXTRA_CA_CERTS', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']
/** What npm says when nobody answers. */
const NO_ANSWER =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ENOTCACHED|\bE(?:429|5\d\d)\b/

const npmSetting = (name: string): string =>
  execFileSync('npm', ['config', 'get', name], { encoding: 'utf8' }).trim()

/** Runs an instruction of the building stage as a shell. */
async function runShell(root: string, line: string, env: Record<string, string>, cwd: string): Promise<void> {
  const npmCache = npmSetting('cache')
  await mkdir(npmCache, { recursive: true })
  const reaching = REACHING.flatMap((name) => Object.entries({ [name]: process.env[name] ?? '' }))
  const npm = {
    npm_config_cache: '/npm',
    npm_config_registry: npmSetting('registry'),
    npm_config_prefer_offline: 'true',
    ...Object.fromEntries(reaching.filter(([, value]) => value !== '')),
  }
  try {
    await finishIn(root, ['sh', '-c', line], { env: { ...npm, ...env }, cwd, building: { npmCache } })
  } catch (error) {
    if (!line.startsWith('npm ci') || process.env['IMAGE'] === 'required') throw error
    if (!(error instanceof Error) || !NO_ANSWER.test(error.message)) throw error
    console.log('Not checked: the installation in the image, because the npm registry does not answer.')
    await takePackages(join(root, cwd))
  }
}

/** The packages of this copy, by links. */
async function takePackages(app: string): Promise<void> {
  await rm(join(app, 'node_modules'), { recursive: true, force: true })
  await mkdir(join(app, 'node_modules'))
  // What tools keep beside the packages, npm would not have made.
  const entries = (await readdir('node_modules')).filter((name) => !/^\.(?!bin$|package-lock)/.test(name))
  const sources = entries.map((name) => join('node_modules', name))
  execFileSync('cp', ['-al', ...sources, join(app, 'node_modules')])
  // npm writes into this one; the link would change ours.
  const list = join(app, 'node_modules/.package-lock.json')
  await rm(list)
  await cp('node_modules/.package-lock.json', list)
}

/** Builds all stages in `folder`, which must be on the disk of node_modules; answers the last. */
export async function buildImage(folder: string): Promise<Image> {
  const roots = new Map<string, string>()
  let image: Image | undefined
  for (const stage of readDockerfile('Dockerfile')) {
    const root = join(folder, stage.name)
    roots.set(stage.name, root)
    await makeRoot(root)
    image = await buildStage(stage, root, roots)
  }
  if (!image) throw new Error('the Dockerfile has no stage')
  return image
}

async function buildStage(stage: Stage, root: string, roots: ReadonlyMap<string, string>): Promise<Image> {
  const env: Record<string, string> = {}
  let cwd = '/'
  for (const { name, rest } of stage.instructions) {
    if (name === 'WORKDIR') {
      cwd = rest
      await mkdir(join(root, cwd), { recursive: true })
    } else if (name === 'ENV') {
      for (const [, key = '', value = ''] of rest.matchAll(/(\w+)=(\S+)/g)) env[key] = value
    } else if (name === 'COPY') await copy(rest, join(root, cwd), roots)
    else if (name === 'RUN') await runShell(root, rest, env, cwd)
    else if (!RUN_TIME.has(name)) throw new Error(`${name} is not known here`)
  }
  return { root, stage, env, cwd }
}

/** What changes nothing in the files. */
const RUN_TIME: ReadonlySet<Instruction['name']> = new Set([
  'USER',
  'VOLUME',
  'EXPOSE',
  'STOPSIGNAL',
  'HEALTHCHECK',
  'ENTRYPOINT',
])

/** COPY: from another stage, or from what .dockerignore lets in. */
async function copy(rest: string, to: string, roots: ReadonlyMap<string, string>): Promise<void> {
  const words = rest.split(/\s+/)
  const from = words[0]?.startsWith('--from=') === true ? words.shift()?.slice('--from='.length) : undefined
  const target = words.pop() ?? '.'
  const ignored = from === undefined ? await ignoredNames() : () => false
  for (const source of words) {
    const path = from === undefined ? source : join(roots.get(from) ?? '', source)
    if (source === '.') {
      for (const name of (await readdir('.')).filter((one) => !ignored(one)))
        await cp(name, join(to, name), { recursive: true, filter: (one) => !ignored(one) })
      continue
    }
    if (ignored(source)) throw new Error(`.dockerignore keeps ${source} out`)
    const place = target.endsWith('/') ? join(to, target, basename(source)) : join(to, target)
    await mkdir(dirname(place), { recursive: true })
    // Plain copies of thousands of files take long; links do, since nobody writes into them any more.
    if (from === undefined) await cp(path, place, { recursive: true })
    else execFileSync('cp', ['-al', path, place])
  }
}

/** Whether a path is kept out by the shipped .dockerignore: it forbids all and then allows by name. */
async function ignoredNames(): Promise<(path: string) => boolean> {
  const lines = (await readFile('.dockerignore', 'utf8')).split('\n').filter((line) => /^[^#]/.test(line))
  const allowed = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
  const denied = lines.filter((line) => !line.startsWith('!') && line !== '*')
  if (!lines.includes('*')) throw new Error('.dockerignore no longer forbids everything first')
  const matches = (pattern: string, path: string): boolean =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}(?:/|$)`).test(path)
  return (path) =>
    denied.some((pattern) => matches(pattern, path)) || !allowed.some((pattern) => matches(pattern, path))
}
