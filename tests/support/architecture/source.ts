/** Source files as the architecture rules see them: what they import, and what they declare at the top. */
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import ts from 'typescript'

export interface SourceText {
  /** Relative to the project's root, with `/`. */
  readonly path: string
  readonly text: string
}

export interface Import {
  /** A path from the project's root for files of ours, else the package's specifier. */
  readonly target: string
  readonly ours: boolean
  readonly typeOnly: boolean
  readonly line: number
}

const FOLDERS = ['src', 'service-worker', 'relay-server', 'tests', 'scripts', 'vite', 'examples']
const CODE = /\.(?:ts|mjs|svelte)$/
const GENERATED = /^src\/protocol\/gen\/|^src\/ui\/i18n\/paraglide\//

/** Every file of the project that people write. */
export function projectSources(): SourceText[] {
  return FOLDERS.flatMap((folder) => filesBelow(folder))
    .filter((path) => CODE.test(path) && !GENERATED.test(path))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }))
}

function filesBelow(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => posix.join(entry.parentPath, entry.name))
  } catch {
    return [] // a folder that does not exist yet
  }
}

/** A parsed file; of a Svelte file only its scripts, at their own lines. */
export function parse(source: SourceText, scripts: 'all' | 'module' = 'all'): ts.SourceFile {
  const text = source.path.endsWith('.svelte') ? onlyScripts(source.text, scripts) : source.text
  return ts.createSourceFile(source.path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)
}

function onlyScripts(text: string, scripts: 'all' | 'module'): string {
  const blank = (part: string): string => part.replace(/[^\n]/g, ' ')
  let out = ''
  let end = 0
  for (const match of text.matchAll(/(<script([^>]*)>)([\s\S]*?)<\/script>/g)) {
    const [, open = '', attributes = '', body = ''] = match
    const wanted = scripts === 'all' || /\bmodule\b/.test(attributes)
    out += blank(text.slice(end, match.index) + open) + (wanted ? body : blank(body))
    end = match.index + open.length + body.length
  }
  return out + blank(text.slice(end))
}

/** Static, dynamic and re-exporting imports of a file. */
export function importsOf(source: SourceText): Import[] {
  const file = parse(source)
  const found: Import[] = []
  const add = (node: ts.Node, specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return
    const ours = specifier.text.startsWith('.')
    const path = specifier.text.replace(/\?.*$/, '')
    const target = ours ? posix.join(posix.dirname(source.path), path) : specifier.text
    found.push({ target, ours, typeOnly, line: lineOf(file, node) })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword)
    } else if (ts.isExportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.isTypeOnly)
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, true)
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], false)
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

/** Line of a node, from 1. */
export function lineOf(file: ts.SourceFile, node: ts.Node): number {
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1
}
