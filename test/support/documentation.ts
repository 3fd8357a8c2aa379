import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A fenced block of a page. */
export interface CodeBlock {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** The HTML comment right above it: why it is not run here, or the file to save it as. */
  readonly note: string | undefined;
}

/** What a newcomer reads, and what its links lead to: paths from the root. */
export function pages(): readonly string[] {
  return globSync(['*.md', 'docs/**/*.md', '{bench,locust}/README.md', 'infra/runbook.md'], {
    cwd: ROOT,
  }).toSorted();
}

export function textOf(page: string): string {
  return readFileSync(`${ROOT}${page}`, 'utf8');
}

const BLOCK = /(?:^<!-- ([^\n]*) -->\n\n)?^```(\w*)[^\n]*\n(.*?)^```$/gms;

export function blocksOf(page: string): readonly CodeBlock[] {
  const text = textOf(page);
  return Array.from(text.matchAll(BLOCK), ({ index, 1: note, 2: language = '', 3: code = '' }) => ({
    page,
    line: text.slice(0, index).split('\n').length,
    language,
    code,
    note,
  }));
}

/** What is not run where the tests run; each is checked as text. */
const ELSEWHERE = /^(?:needs (?:AWS|Docker|hardware|root|a browser)|takes minutes|run by .+)$/;

export function runsElsewhere({ note = '' }: CodeBlock): boolean {
  return ELSEWHERE.test(note);
}

export function isShell({ language }: CodeBlock): boolean {
  return language === 'sh' || language === 'console';
}

/** The routes in the first column of a page's tables of routes, as `METHOD path`. */
export function routesOf(page: string): readonly string[] {
  const tables = textOf(page).match(/^\| route +\|.*\n(?:\|.*\n)+/gm) ?? [];
  const firstCells = tables.flatMap((table) => table.match(/^\|[^|]*\|/gm) ?? []);
  return firstCells.flatMap((cell) =>
    Array.from(cell.matchAll(/`((?:GET|POST|PATCH|DELETE) [^`]+)`/g), ([, route = '']) => route),
  );
}
