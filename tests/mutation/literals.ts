/** The literal constants of a source file, and another value for each. */
import ts from 'typescript'

export type Literal = {
  /** Place among the literals of its file, in the order of the text. */
  readonly index: number
  /** What it is known by in lists: file, the declaration around it, its text, and which of several like it. */
  readonly name: string
  readonly line: number
  readonly text: string
}

/** A node that stands for one constant: a literal, or a part of a template text. */
export type LiteralNode =
  ts.LiteralExpression | ts.BooleanLiteral | ts.TemplateHead | ts.TemplateMiddle | ts.TemplateTail

const isTemplatePart = (node: ts.Node): node is ts.TemplateHead | ts.TemplateMiddle | ts.TemplateTail =>
  ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)

const isBoolean = (node: ts.Node): node is ts.BooleanLiteral =>
  node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword

/** Whether a node is a constant that the program computes with; the pieces of a template that are empty are none. */
export const isConstant = (node: ts.Node): node is LiteralNode =>
  ts.isLiteralExpression(node) || isBoolean(node) || (isTemplatePart(node) && node.text !== '')

/** Parts of a file in which there is nothing that runs: types, and where other files are named. */
export const isInert = (node: ts.Node): boolean =>
  ts.isTypeNode(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isImportDeclaration(node) ||
  ts.isExportDeclaration(node)

const MARK = '~'

/** The same kind of constant with another value: one more, the opposite, or a text that says something else. */
export const changed = (node: LiteralNode, factory: ts.NodeFactory): ts.Node => {
  if (ts.isNumericLiteral(node)) return factory.createNumericLiteral(Number(node.text) + 1)
  if (ts.isBigIntLiteral(node))
    return factory.createBigIntLiteral(`${BigInt(node.text.replace(/n$/, '')) + 1n}n`)
  if (ts.isStringLiteral(node)) return factory.createStringLiteral(MARK + node.text)
  if (ts.isRegularExpressionLiteral(node)) return factory.createRegularExpressionLiteral('/(?!)/')
  if (ts.isNoSubstitutionTemplateLiteral(node))
    return factory.createNoSubstitutionTemplateLiteral(MARK + node.text)
  if (ts.isTemplateHead(node)) return factory.createTemplateHead(MARK + node.text)
  if (ts.isTemplateMiddle(node)) return factory.createTemplateMiddle(MARK + node.text)
  if (ts.isTemplateTail(node)) return factory.createTemplateTail(MARK + node.text)
  return node.kind === ts.SyntaxKind.TrueKeyword ? factory.createFalse() : factory.createTrue()
}

const declaredName = (node: ts.Node): string | undefined => {
  const isNamed =
    ts.isVariableDeclaration(node) || ts.isMethodDeclaration(node) || ts.isClassDeclaration(node)
  return isNamed && node.name ? node.name.getText() : undefined
}

/** Parses a source file of ours. */
export const parseSource = (path: string, text: string): ts.SourceFile =>
  ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)

/** All constants of a file, in the order of its text. */
export const literalsOf = (source: ts.SourceFile): Literal[] => {
  const found: Literal[] = []
  const seen = new Map<string, number>()
  const visit = (node: ts.Node, within: string): void => {
    if (isInert(node)) return
    const around = [within, declaredName(node)].filter(Boolean).join('.')
    if (isConstant(node)) {
      const text = node.getText(source)
      const like = `${source.fileName} ${around || 'top'} ${text}`
      const count = (seen.get(like) ?? 0) + 1
      seen.set(like, count)
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
      const name = count === 1 ? like : `${like} #${count}`
      found.push({ index: found.length, name, line: line + 1, text })
    }
    ts.forEachChild(node, (child) => visit(child, around))
  }
  visit(source, '')
  return found
}
