import { ts } from "ts-morph";
import type { SourceFile, SourceFiles } from "./source-file.ts";

/** An expression and the file that it stands in. */
export interface Found {
  readonly file: SourceFile;
  readonly expression: ts.Expression;
}

/** What a name stands for where it is used: the value of the nearest `const` of that name, in this file or imported from one beside it. */
export function constantOf(name: ts.Identifier, file: SourceFile, files: SourceFiles): Found | undefined {
  for (let scope: ts.Node | undefined = name.parent; scope; scope = scope.parent) {
    if (ts.isFunctionLike(scope) && scope.parameters.some((parameter) => binds(parameter.name, name.text)))
      return undefined;
    if (isLoopOver(scope, name.text)) return undefined;
    if (!ts.isSourceFile(scope) && !ts.isBlock(scope)) continue;
    const declaration = declarationIn(scope, name.text);
    if (declaration) return declaration.initializer && { file, expression: declaration.initializer };
  }
  return importedConstant(name.text, file, files);
}

function binds(binding: ts.BindingName, name: string): boolean {
  if (ts.isIdentifier(binding)) return binding.text === name;
  return binding.elements.some((element) => ts.isBindingElement(element) && binds(element.name, name));
}

function isLoopOver(node: ts.Node, name: string): boolean {
  if (!ts.isForOfStatement(node) && !ts.isForInStatement(node) && !ts.isForStatement(node)) return false;
  const { initializer } = node;
  return (
    initializer !== undefined &&
    ts.isVariableDeclarationList(initializer) &&
    initializer.declarations.some((declaration) => binds(declaration.name, name))
  );
}

function declarationIn(
  scope: ts.SourceFile | ts.Block,
  name: string,
): { initializer: ts.Expression | undefined } | undefined {
  for (const statement of scope.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const { flags, declarations } = statement.declarationList;
    for (const declaration of declarations) {
      if (!binds(declaration.name, name)) continue;
      // A `let` may have changed since, and a destructured name is a part of its initializer: the search ends there.
      const whole = (flags & ts.NodeFlags.Const) !== 0 && ts.isIdentifier(declaration.name);
      return { initializer: whole ? declaration.initializer : undefined };
    }
  }
  return undefined;
}

function importedConstant(name: string, file: SourceFile, files: SourceFiles): Found | undefined {
  for (const statement of file.tree.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings)) continue;
    const specifier = bindings.elements.find((element) => element.name.text === name);
    if (!specifier) continue;
    const source = files.imported(file, statement.moduleSpecifier.text);
    const declaration = source && declarationIn(source.tree, (specifier.propertyName ?? specifier.name).text);
    return source && declaration?.initializer && { file: source, expression: declaration.initializer };
  }
  return undefined;
}
