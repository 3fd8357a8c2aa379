import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** A regular expression as it stands in the sources. */
export interface SourcePattern {
  readonly file: string;
  readonly line: number;
  /** Undefined when it is not written down there, but computed. */
  readonly source: string | undefined;
  readonly flags: string;
  /** Why it may stay although a checker finds it super-linear: `// super-linear, but …` above its statement. */
  readonly excuse: string | undefined;
}

/** All of the product's own sources below a folder; tests may use what patterns they like. */
export function sourcesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
    .map((path) => join(folder, path));
}

export function patternsInFile(path: string): readonly SourcePattern[] {
  return patternsIn(path, readFileSync(path, 'utf8'));
}

export function patternsIn(file: string, text: string): readonly SourcePattern[] {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: SourcePattern[] = [];
  const visit = (node: ts.Node): void => {
    const pattern = patternOf(node);
    if (pattern) {
      const line = tree.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push({ file, line, ...pattern, excuse: excuseFor(node, text) });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

type Pattern = Pick<SourcePattern, 'source' | 'flags'>;

function patternOf(node: ts.Node): Pattern | undefined {
  if (ts.isRegularExpressionLiteral(node)) {
    const end = node.text.lastIndexOf('/');
    return { source: node.text.slice(1, end), flags: node.text.slice(end + 1) };
  }
  const isCall = ts.isNewExpression(node) || ts.isCallExpression(node);
  if (!isCall || node.expression.getText() !== 'RegExp') return undefined;
  const [source, flags] = node.arguments ?? [];
  return { source: textOf(source), flags: textOf(flags) ?? '' };
}

/** Of a template, what is put into it stands as one character. */
function textOf(node: ts.Expression | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return [node.head, ...node.templateSpans.map(({ literal }) => literal)]
    .map(({ text }) => text)
    .join('x');
}

const EXCUSE = /\/\/ super-linear, but (\S.*)/;

function excuseFor(node: ts.Node, text: string): string | undefined {
  for (let at: ts.Node = node; !ts.isSourceFile(at); at = at.parent) {
    for (const { pos, end } of ts.getLeadingCommentRanges(text, at.getFullStart()) ?? []) {
      const reason = EXCUSE.exec(text.slice(pos, end))?.[1];
      if (reason !== undefined) return reason;
    }
    if (ts.isStatement(at)) break;
  }
  return undefined;
}
