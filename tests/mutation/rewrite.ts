/** Rewrites a source file of ours so that a run can be watched, or so that one constant is another. */
import ts from 'typescript'
import { changed, isConstant, isInert } from './literals.ts'

/** Name under which a rewritten module finds the watcher. */
export const WATCHER = '__watch'

export type Change =
  /** Tells the watcher of every constant and every named constant when it is read. `file` goes before each place. */
  | { readonly kind: 'watch'; readonly file: string; readonly names: ReadonlyMap<string, string> }
  /** Gives the constant at that place another value. */
  | { readonly kind: 'mutate'; readonly index: number }
  | { readonly kind: 'none' }

const { factory } = ts
const call = (method: string, ...args: (string | number)[]): ts.Expression =>
  factory.createCallExpression(
    factory.createPropertyAccessExpression(factory.createIdentifier(WATCHER), method),
    undefined,
    args.map((arg) =>
      typeof arg === 'number' ? factory.createNumericLiteral(arg) : factory.createStringLiteral(arg)
    )
  )

const watched = (notes: readonly ts.Expression[], value: ts.Expression): ts.Expression =>
  notes.length === 0
    ? value
    : factory.createParenthesizedExpression(factory.createCommaListExpression([...notes, value]))

const isLoop = (node: ts.Node): node is ts.IterationStatement => ts.isIterationStatement(node, false)

/** Every round of a loop is counted, so that a loop without an end comes to one. */
const withFuel = (loop: ts.IterationStatement): ts.IterationStatement => {
  const tick = factory.createExpressionStatement(call('tick'))
  const body = factory.createBlock([tick, loop.statement])
  if (ts.isForStatement(loop))
    return factory.updateForStatement(loop, loop.initializer, loop.condition, loop.incrementor, body)
  if (ts.isForOfStatement(loop))
    return factory.updateForOfStatement(loop, loop.awaitModifier, loop.initializer, loop.expression, body)
  if (ts.isForInStatement(loop))
    return factory.updateForInStatement(loop, loop.initializer, loop.expression, body)
  return ts.isWhileStatement(loop)
    ? factory.updateWhileStatement(loop, loop.expression, body)
    : factory.updateDoStatement(loop as ts.DoStatement, body, (loop as ts.DoStatement).expression)
}

/** Whether an identifier stands for a value that is read there, and may be put into parentheses. */
const isRead = (node: ts.Identifier): boolean => {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isVariableDeclaration(parent) || ts.isParameter(parent)) return parent.initializer === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  if (ts.isBinaryExpression(parent) && parent.left === node) {
    const { kind } = parent.operatorToken
    return kind < ts.SyntaxKind.FirstAssignment || kind > ts.SyntaxKind.LastAssignment
  }
  return !(
    ts.isBindingElement(parent) ||
    ts.isShorthandPropertyAssignment(parent) ||
    ts.isFunctionLike(parent) ||
    ts.isClassLike(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isPostfixUnaryExpression(parent) ||
    ts.isPrefixUnaryExpression(parent)
  )
}

type Rewriter = { readonly visit: (node: ts.Node) => ts.Node }

const createRewriter = (change: Change, context: ts.TransformationContext): Rewriter => {
  let next = 0
  // Constants that are no expressions by themselves (keys, parts of a text) are noted where the whole is read.
  let waiting: ts.Expression[] = []
  const noteOf = (index: number): ts.Expression | undefined =>
    change.kind === 'watch' ? call('literal', `${change.file} ${index}`) : undefined

  const constant = (node: Parameters<typeof changed>[0]): ts.Node => {
    const index = next++
    if (change.kind === 'mutate' && change.index === index) return changed(node, factory)
    const note = noteOf(index)
    if (note === undefined) return node
    const isWhole =
      ts.isExpression(node) && !(ts.isPropertyAssignment(node.parent) && node.parent.name === node)
    if (isWhole) return watched([note], node)
    waiting.push(note)
    return node
  }

  const visit = (node: ts.Node): ts.Node => {
    if (isInert(node)) return node
    if (isConstant(node)) return constant(node)
    const name = change.kind === 'watch' && ts.isIdentifier(node) ? change.names.get(node.text) : undefined
    if (name !== undefined && isRead(node as ts.Identifier))
      return watched([call('name', name)], node as ts.Identifier)
    if (ts.isShorthandPropertyAssignment(node) && change.kind === 'watch') {
      const known = change.names.get(node.name.text)
      if (known === undefined) return node
      return factory.createPropertyAssignment(node.name.text, watched([call('name', known)], node.name))
    }
    const outer = waiting
    waiting = []
    const inner = ts.visitEachChild(node, visit, context)
    const notes = waiting
    waiting = outer
    const result = isLoop(inner) ? withFuel(inner) : inner
    if (ts.isObjectLiteralExpression(node) || ts.isTemplateExpression(node))
      return watched(notes, result as ts.Expression)
    waiting.push(...notes)
    return result
  }
  return { visit }
}

const TRANSPILE: ts.CompilerOptions = {
  module: ts.ModuleKind.CommonJS,
  target: ts.ScriptTarget.ES2024,
  esModuleInterop: true,
}

/**
 * JavaScript of a file as the body of a function `(exports, require, module, __meta, __watch)`. Statements at the top
 * announce themselves to a watcher, so that what they read can be told from what tests read.
 */
export const rewrite = (path: string, text: string, change: Change): string => {
  const transform =
    (context: ts.TransformationContext) =>
    (file: ts.SourceFile): ts.SourceFile => {
      const { visit } = createRewriter(change, context)
      const statements = file.statements.flatMap((statement, place) => {
        const rewritten = visit(statement) as ts.Statement
        if (change.kind !== 'watch' || isInert(statement)) return [rewritten]
        return [factory.createExpressionStatement(call('statement', `${change.file} ${place}`)), rewritten]
      })
      return factory.updateSourceFile(file, statements)
    }
  const output = ts.transpileModule(text, {
    fileName: path,
    compilerOptions: TRANSPILE,
    transformers: { before: [transform] },
  })
  return output.outputText.replaceAll('import.meta', '__meta')
}
