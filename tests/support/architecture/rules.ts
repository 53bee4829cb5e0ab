/** The architecture as functions from source files to sentences about what breaks it. */
import { posix } from 'node:path'
import ts from 'typescript'
import { importsOf, lineOf, parse, type SourceText } from './source.ts'
import { mayImport, mayUsePackage, zoneOf } from './zones.ts'

const PURE = /^src\/(?:lib|protocol|signal|core|client)\//
/** Globals that only some runtimes have; the compiler forbids most, and this says so in one place. */
const BOUND_GLOBALS = new Set([
  'window',
  'document',
  'navigator',
  'location',
  'localStorage',
  'sessionStorage',
  'indexedDB',
  'self',
  'postMessage',
  'process',
  'Buffer',
  'RTCPeerConnection',
])
const UNCOUNTED = /\/migrations\/|^tests\/vectors\/|\.d\.ts$/
const ENTRY = /^src\/main\.ts$|^src\/workers\/|^service-worker\/index\.ts$|^relay-server\/main\.ts$/
const LONGEST = 500
const LONGEST_ENTRY = 60

/** Imports that cross a border they must not cross. */
export function importViolations(sources: readonly SourceText[]): string[] {
  return sources.flatMap((source) => {
    const from = zoneOf(source.path)
    return importsOf(source)
      .filter(({ target, ours }) => !(ours ? mayImport(from, target) : mayUsePackage(from, target)))
      .map(({ target, line }) => `${source.path}:${line} imports ${target}`)
  })
}

/** Files that import each other in a circle at run time; circles of types alone do no harm. */
export function importCycles(sources: readonly SourceText[]): string[] {
  const edges = new Map(
    sources.map((source) => [
      source.path,
      importsOf(source)
        .filter((one) => one.ours && !one.typeOnly)
        .map((one) => one.target),
    ])
  )
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, above: readonly string[]): void => {
    const start = above.indexOf(path)
    if (start !== -1) found.push([...above.slice(start), path].join(' → '))
    if (start !== -1 || done.has(path)) return
    for (const next of edges.get(path) ?? []) visit(next, [...above, path])
    done.add(path)
  }
  for (const path of edges.keys()) visit(path, [])
  return found
}

/** Globals of one runtime used in code that must run in all. */
export function globalViolations(sources: readonly SourceText[]): string[] {
  return sources
    .filter(({ path }) => PURE.test(path))
    .flatMap((source) => {
      const file = parse(source)
      const declared = new Set<string>()
      const used: { name: string; line: number }[] = []
      const visit = (node: ts.Node): void => {
        if (ts.isIdentifier(node) && BOUND_GLOBALS.has(node.text)) {
          if (isDeclared(node)) declared.add(node.text)
          else if (!isMemberName(node)) used.push({ name: node.text, line: lineOf(file, node) })
        }
        ts.forEachChild(node, visit)
      }
      visit(file)
      return used
        .filter(({ name }) => !declared.has(name))
        .map(({ name, line }) => `${source.path}:${line} uses ${name}`)
    })
}

function isDeclared(node: ts.Identifier): boolean {
  const { parent } = node
  return (
    (ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent)) &&
    parent.name === node
  )
}

function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  if (ts.isBindingElement(parent)) return parent.propertyName === node
  return (
    (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodSignature(parent)) &&
    parent.name === node
  )
}

/** Module state that can change: two accounts in one process would share it. */
export function mutableModuleState(sources: readonly SourceText[]): string[] {
  return sources
    .filter(({ path }) => /^(?:src|relay-server|service-worker)\//.test(path))
    .flatMap((source) => {
      const file = parse(source, 'module')
      return file.statements
        .filter(ts.isVariableStatement)
        .flatMap(({ declarationList }) =>
          declarationList.declarations
            .filter(
              (one) => (declarationList.flags & ts.NodeFlags.Const) === 0 || isEmptyContainer(one.initializer)
            )
            .map((one) => `${source.path}:${lineOf(file, one)} keeps state in ${one.name.getText(file)}`)
        )
    })
}

function isEmptyContainer(value: ts.Expression | undefined): boolean {
  if (value === undefined) return false
  if (ts.isNewExpression(value)) {
    // Not WeakMap: what hangs on its keys is shared by nobody who does not hold them.
    return /^(?:Map|Set)$/.test(value.expression.getText()) && (value.arguments?.length ?? 0) === 0
  }
  if (ts.isCallExpression(value)) return /^\$state\b/.test(value.expression.getText())
  return ts.isArrayLiteralExpression(value) && value.elements.length === 0
}

/** Files that have grown too long. */
export function sizeViolations(sources: readonly SourceText[]): string[] {
  return sources
    .filter(({ path }) => !UNCOUNTED.test(path))
    .flatMap((source) => {
      const limit = ENTRY.test(source.path) ? LONGEST_ENTRY : LONGEST
      const lines = linesOf(source)
      return lines > limit ? [`${source.path} has ${lines} lines, ${limit} are allowed`] : []
    })
}

/** Number of lines of a file. */
export function linesOf({ text }: SourceText): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}

/** Names of files that do not follow the style, and default exports where nothing demands them. */
export function nameViolations(sources: readonly SourceText[]): string[] {
  return sources.flatMap((source) => {
    const name = posix.basename(source.path)
    const wanted = name.endsWith('.svelte')
      ? /^[A-Z][A-Za-z0-9]*\.svelte$/
      : /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:svelte|worker|node|test|bench|d))?\.(?:ts|mjs)$/
    const badName = wanted.test(name) ? [] : [`${source.path} is not named in the style of its kind`]
    const file = parse(source)
    const defaults = file.statements.filter(
      (one) =>
        ts.isExportAssignment(one) ||
        (ts.canHaveModifiers(one) &&
          (ts.getModifiers(one) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword))
    )
    return [...badName, ...defaults.map((one) => `${source.path}:${lineOf(file, one)} has a default export`)]
  })
}
