/** What `npm test` does, in its order: what is quick and what others build on comes first. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { audit } from './audit.ts'
import { buildPage, ensureBuilt } from './build.ts'
import { requireChromium } from './chromium.ts'
import { requireDeployTools } from './deploy-tools.ts'
import { requireFirefox } from './firefox.ts'
import { requireNamespaces } from './namespaces.ts'
import { run, runHearing } from './run.ts'
import { requireCoturn, requirePostgres, requireRedis } from './servers.ts'
import { check, readReport, tally, type Tally } from './tally.ts'

/** What a step needs to find on the machine, as variables of its environment. */
type Needs = Readonly<Record<string, string>>

export interface Step {
  readonly name: string
  /** Keeps one core busy, and minds nothing that goes on beside it: neighbours with the same word here run side by side. */
  readonly together?: 'checks' | 'pages'
  /** Gets onto the machine what `run` is then given. Never done by two steps at once: they may want the same package. */
  prepare?(): Promise<Needs>
  run(needs: Needs): Promise<Tally>
}

const CACHE = 'node_modules/.cache'
/** Programs and threads that tests start are compiled once for all of them. */
const COMPILED = { NODE_COMPILE_CACHE: resolve(`${CACHE}/compiled`) }
/** Code that comes from there is counted less exactly. */
const UNCOMPILED = { NODE_DISABLE_COMPILE_CACHE: '1' }

/** The suites of the interop project that take minutes. */
const SLOW = ['browser', 'limits', 'schedules']

/** Everything about `src/signal` that is quick, with each of its lines and branches taken at least once. */
const SIGNAL = [
  ...['--project', 'unit', '--project', 'interop'],
  ...['tests/unit/signal/', 'tests/vectors/', 'tests/interop/'],
  ...SLOW.flatMap((name) => ['--exclude', `tests/interop/signal/${name}.test.ts`]),
]
const COVERED = [
  ...[
    '--coverage.enabled',
    '--coverage.provider=v8',
    '--coverage.include=src/signal/**/*.ts',
    '--coverage.reporter=text',
  ],
  ...['--coverage.skipFull', '--coverage.thresholds.100', `--coverage.reportsDirectory=${CACHE}/coverage`],
]

export const STEPS: readonly Step[] = [
  checking('types', 'tsc', ['-b']),
  checking('svelte', 'svelte-check', [
    '--tsconfig',
    './tsconfig.window.json',
    '--fail-on-warnings',
    '--output',
    'human',
  ]),
  checking('eslint', 'eslint', [
    '.',
    '--max-warnings',
    '0',
    '--cache',
    '--cache-location',
    `${CACHE}/eslint/`,
  ]),
  checking('prettier', 'prettier', [
    '--check',
    '.',
    '--log-level',
    'warn',
    '--cache',
    '--cache-location',
    `${CACHE}/prettier`,
  ]),
  checking('knip', 'knip', []),
  { name: 'audit', run: audit, together: 'checks' },
  tests('architecture', ['--project', 'unit', 'tests/architecture.test.ts']),
  tests('unit', ['--project', 'unit', 'tests/unit/', '--exclude', 'tests/unit/signal/**']),
  tests('signal', [...SIGNAL, ...COVERED], async () => UNCOMPILED),
  tests('contract', ['--project', 'unit', 'tests/contract/'], withServers),
  tests('interop', ['--project', 'interop', ...SLOW.map((name) => `tests/interop/signal/${name}.test.ts`)]),
  program('mutation', process.execPath, ['tests/mutation/main.ts']),
  { ...tests('browser', ['--project', 'browser'], withBrowser), together: 'pages' },
  { ...tests('firefox', ['--project', 'firefox'], withFirefox), together: 'pages' },
  { ...tests('stories', ['--project', 'stories']), together: 'pages' },
  { name: 'build', run: async () => check('build', (await buildPage()) ? 0 : 1) },
  tests('deploy', ['--project', 'deploy'], async () => {
    if (!(await ensureBuilt())) throw new Error('there is no page to deploy: the build failed')
    await requireNamespaces()
    await requireDeployTools()
    return {}
  }),
  tests('e2e', ['--project', 'e2e'], async () => {
    if (!(await ensureBuilt())) throw new Error('there is no page to test: the build failed')
    await requireNamespaces()
    return { ...(await withBrowser()), ...(await withFirefox()) }
  }),
]

/** A check by another program. */
function checking(name: string, command: string, args: readonly string[]): Step {
  return { ...program(name, command, args), together: 'checks' }
}

function program(name: string, command: string, args: readonly string[]): Step {
  return {
    name,
    async run() {
      const { code, errors } = await runHearing(command, args)
      return check(name, code, errors)
    },
  }
}

function tests(name: string, args: readonly string[], prepare?: () => Promise<Needs>): Step {
  return {
    name,
    ...(prepare && { prepare }),
    async run(needs) {
      const folder = await mkdtemp(join(tmpdir(), 'mepassa-test-'))
      const report = join(folder, 'report.json')
      const code = await run(
        'vitest',
        ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
        { env: { ...COMPILED, ...needs } }
      )
      const result = tally(name, await readReport(report), code)
      await rm(folder, { recursive: true })
      return result
    },
  }
}

async function withBrowser(): Promise<Needs> {
  return { CHROMIUM_PATH: await requireChromium() }
}

async function withFirefox(): Promise<Needs> {
  return { FIREFOX_PATH: await requireFirefox() }
}

async function withServers(): Promise<Needs> {
  await requirePostgres()
  await requireRedis()
  await requireCoturn()
  return {}
}
