/** The named constants at the top of each file, and under which names other files read them. */
import { dirname, join } from 'node:path/posix'
import ts from 'typescript'

const declarationsOf = (statement: ts.Statement): readonly ts.VariableDeclaration[] =>
  ts.isVariableStatement(statement) ? statement.declarationList.declarations : []

const bindingsOf = (name: ts.BindingName): string[] =>
  ts.isIdentifier(name)
    ? [name.text]
    : name.elements.flatMap((element) => (ts.isBindingElement(element) ? bindingsOf(element.name) : []))

const isFunction = (node: ts.Expression | undefined): boolean =>
  node !== undefined && (ts.isArrowFunction(node) || ts.isFunctionExpression(node))

/** Names that a statement at the top gives values to; functions aside, whose constants are read when they run. */
export const namesSetBy = (statement: ts.Statement): string[] => {
  if (ts.isExpressionStatement(statement)) {
    const root = statement.getText().match(/^[A-Za-z_$][\w$]*/)
    return root ? [root[0]] : []
  }
  return declarationsOf(statement)
    .filter((declaration) => !isFunction(declaration.initializer))
    .flatMap((declaration) => bindingsOf(declaration.name))
}

/** The id of a named constant. */
export const nameId = (file: string, name: string): string => `${file}#${name}`

/** What each name in `source` stands for, for its own constants and the imported ones. */
export const constantNames = (
  source: ts.SourceFile,
  exportedBy: ReadonlyMap<string, ReadonlySet<string>>
): Map<string, string> => {
  const names = new Map<string, string>()
  for (const statement of source.statements) {
    for (const name of namesSetBy(statement)) names.set(name, nameId(source.fileName, name))
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue
    const target = join(dirname(source.fileName), statement.moduleSpecifier.text)
    const bindings = statement.importClause?.namedBindings
    if (!bindings || !ts.isNamedImports(bindings)) continue
    for (const { name, propertyName } of bindings.elements) {
      const original = (propertyName ?? name).text
      if (exportedBy.get(target)?.has(original)) names.set(name.text, nameId(target, original))
    }
  }
  return names
}
