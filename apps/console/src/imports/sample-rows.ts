import type { Delimiter } from './choices.ts';

const DELIMITERS: readonly Delimiter[] = [';', '\t', '|', ','];

/** The first lines of a text as they stand there. */
export function firstLines(text: Uint8Array, encoding: string, count: number): readonly string[] {
  const decoded = new TextDecoder(encoding).decode(text).replace(/^\uFEFF/, '');
  const lines = decoded.split(/\r\n|\n|\r/, count + 1);
  // The last one of a text that is cut may be half a line.
  return lines.length > 1 ? lines.slice(0, count) : lines;
}

/**
 * The cells of a line, to show examples of a column's content; the service alone decides how a file is cut. A quoted
 * cell with a line break is not recognized.
 */
export function cellsOf(line: string, delimiter: string): readonly string[] {
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (const sign of line) {
    if (sign === '"') isQuoted = !isQuoted;
    else if (sign === delimiter && !isQuoted) {
      cells.push(cell.trim());
      cell = '';
    } else cell += sign;
  }
  return [...cells, cell.trim()];
}

/** How many columns a file without a header line has: as many as its fullest row has with the likeliest delimiter. */
export function columnCount(lines: readonly string[], delimiter: Delimiter | undefined): number {
  const candidates = delimiter === undefined ? DELIMITERS : [delimiter];
  const counts = candidates.map((each) =>
    Math.max(0, ...lines.map((line) => usedCells(line, each))),
  );
  return Math.max(...counts);
}

function usedCells(line: string, delimiter: Delimiter): number {
  return cellsOf(line, delimiter).findLastIndex((cell) => cell !== '') + 1;
}
