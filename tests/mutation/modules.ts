/** A module system in which a file can be run again with another text, together with all that depend on it. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { pathToFileURL } from 'node:url'
import { Script } from 'node:vm'
import { rewrite, type Change } from './rewrite.ts'

type Exports = Record<string, unknown>
type Body = (
  exports: Exports,
  require: (specifier: string) => unknown,
  module: { exports: Exports },
  meta: { readonly url: string; readonly dirname: string },
  watch: unknown
) => Promise<void>

type Unit = { readonly body: Body; readonly imports: readonly string[] }

/** Instances of files, by path; `undefined` in a fork for those that have to be run anew. */
export type Instances = Map<string, Exports>

const REQUIRE = /\brequire\("([^"]+)"\)/g

const compile = (path: string, code: string): Unit => {
  const script = new Script(`(async function (exports, require, module, __meta, __watch) {${code}\n})`, {
    filename: path,
  })
  return {
    body: script.runInThisContext() as Body,
    imports: [...code.matchAll(REQUIRE)].map(([, specifier]) => specifier as string),
  }
}

const isOurs = (specifier: string): boolean => specifier.startsWith('.')

export type ModulesOptions = {
  /** What is done to a file before it runs. */
  readonly changeOf: (path: string) => Change
  /** What rewritten files report to. */
  readonly watch: unknown
  /** Stands in for the test runner. */
  readonly runner: Exports
}

export const createModules = (options: ModulesOptions) => {
  const units = new Map<string, Unit>()
  const packages = new Map<string, Exports>()

  const unitOf = (path: string): Unit => {
    const known = units.get(path)
    if (known) return known
    const text = readFileSync(path, 'utf8')
    const unit = compile(path, rewrite(path, text, options.changeOf(path)))
    units.set(path, unit)
    return unit
  }

  const loadPackage = async (specifier: string): Promise<void> => {
    if (packages.has(specifier)) return
    const loaded = (await import(specifier)) as Exports
    packages.set(specifier, { __esModule: true, ...loaded })
  }

  /** Runs a file and all that it imports, unless they have run already. `changed` takes the place of a file's own unit. */
  const load = async (
    path: string,
    instances: Instances,
    changed?: { readonly path: string; readonly unit: Unit }
  ): Promise<Exports> => {
    const known = instances.get(path)
    if (known) return known
    if (path.endsWith('.json')) {
      const data = { __esModule: true, default: JSON.parse(readFileSync(path, 'utf8')) as unknown }
      instances.set(path, data)
      return data
    }
    const unit = changed?.path === path ? changed.unit : unitOf(path)
    const resolved = new Map<string, Exports>()
    for (const specifier of unit.imports) {
      if (specifier === 'vitest') resolved.set(specifier, options.runner)
      else if (isOurs(specifier))
        resolved.set(specifier, await load(join(dirname(path), specifier), instances, changed))
      else {
        await loadPackage(specifier)
        resolved.set(specifier, packages.get(specifier) as Exports)
      }
    }
    const module = { exports: {} as Exports }
    const url = pathToFileURL(path)
    const meta = { url: url.href, dirname: dirname(url.pathname) }
    await unit.body(module.exports, (name) => resolved.get(name), module, meta, options.watch)
    instances.set(path, module.exports)
    return module.exports
  }

  /** Every file that depends on `path`, itself included. */
  const dependents = (path: string): Set<string> => {
    const found = new Set([path])
    for (let size = 0; size !== found.size;) {
      size = found.size
      for (const [file, unit] of units)
        for (const specifier of unit.imports)
          if (isOurs(specifier) && found.has(join(dirname(file), specifier))) found.add(file)
    }
    return found
  }

  return {
    load,
    dependents,
    /** The file with one constant changed, ready to run. */
    mutant: (path: string, index: number): Unit =>
      compile(path, rewrite(path, readFileSync(path, 'utf8'), { kind: 'mutate', index })),
  }
}
