import { FileFault } from '../file-fault.js';
import type { TextPlace } from '../text/csv-record.js';
import { delimiterOfErrorReport } from '../text/error-report-start.js';
import { looksLikeSingleByteText } from '../text/other-encoding.js';
import { atOnce, type Steps } from '../steps.js';
import { linesOf, startOf, type TextLine } from '../text/text-lines.js';
import { fieldsOfLine } from './csv-fields.js';
import { isDatum } from './datum.js';
import { namesReadings } from './file-columns.js';
import { quotedCell } from './formula-cells.js';
import {
  CUTTING_SIGNS,
  DELIMITERS,
  isDelimiter,
  MAX_HEADER_LINE,
  type DecimalSign,
  type Delimiter,
  type ImportOptions,
} from './import-options.js';

/** The names of the columns as one line, and where the rows begin. */
export interface FileHeader {
  /** Its number, from 1; 0 for a file without one. */
  readonly line: number;
  readonly text: string;
  readonly delimiter: Delimiter;
  readonly next: TextPlace;
}

/** The code of a file that has another encoding than the one that it is read with. */
export const OTHER_ENCODING = 'encoding-unsupported';
/** What is in front of the rows must fit into this. */
export const MAX_HEADER_BYTES = 64 * 1024;
/** Rows whose fields are counted to know a header line by its shape. */
const COMPARED_LINES = 20;
/** Characters of a header line that a refusal or a record shows. */
const SHOWN_HEADER = 200;
/** Stands for equipment that nobody has named yet. */
export const UNNAMED = 'unnamed';
const SEPARATOR_LINE = /^"?sep=(.)"? *$/i;

/**
 * Finds the header at the beginning of the text (`head`: its first bytes, more than MAX_HEADER_BYTES unless it is
 * shorter). What lies in front of it is a preamble; a line `sep=;` may be among it. An error report has its own
 * header in its first line, whatever the file had.
 * Throws FileFault `file-empty`, `header-too-long`, `header-missing`, `header-missing-column`,
 * `encoding-unsupported`, `delimiter-ambiguous`.
 */
export function findHeader(head: Buffer, options: ImportOptions): FileHeader {
  return atOnce(headerSearch(head, options));
}

/** The same in steps: no more than one line is looked at in one of them. */
export function* headerSearch(head: Buffer, options: ImportOptions): Steps<FileHeader> {
  const isAll = head.length <= MAX_HEADER_BYTES;
  if (options.encoding === undefined && looksLikeSingleByteText(head)) throw otherEncoding();
  const lines = firstLines(head.subarray(0, MAX_HEADER_BYTES + 1), isAll);
  const search = new HeaderSearch(lines, options);
  const known = search.reported() ?? search.said();
  if (known) return known;
  return (yield* search.named()) ?? (yield* search.timed()) ?? (yield* search.shaped());
}

/** A line that may be the header, by its shape. */
interface Shape {
  readonly line: TextLine;
  readonly delimiter: Delimiter;
  /** How many of the lines behind it have as many fields. */
  readonly alike: number;
}

/** The lines that may be the header, without blank ones and those that only name the delimiter. */
interface FirstLines {
  readonly lines: readonly TextLine[];
  readonly separator: Delimiter | undefined;
  /** Behind a line that names the delimiter. */
  readonly start: TextPlace;
}

function firstLines(head: Buffer, isAll: boolean): FirstLines {
  const lines: TextLine[] = [];
  let separator: Delimiter | undefined;
  let start = startOf(head);
  for (const line of linesOf(head, isAll)) {
    if (!line.isWhole || line.line > MAX_HEADER_LINE + COMPARED_LINES) break;
    const said = lines.length === 0 ? SEPARATOR_LINE.exec(line.text)?.[1] : undefined;
    if (isDelimiter(said)) {
      separator ??= said;
      start = line.next;
    } else if (line.text.trim() !== '') lines.push(line);
  }
  if (lines.length > 0) return { lines, separator, start };
  throw isAll
    ? new FileFault('file-empty', 'The file has no header line.')
    : new FileFault('header-too-long', 'The header line does not end within 64 KiB.');
}

/** Where the rows of a file without a header begin, and the delimiter that a line in front of them names. */
export function startOfRows(head: Buffer): Pick<FirstLines, 'separator' | 'start'> {
  return firstLines(head.subarray(0, MAX_HEADER_BYTES + 1), head.length <= MAX_HEADER_BYTES);
}

class HeaderSearch {
  private readonly lines: readonly TextLine[];

  constructor(
    private readonly first: FirstLines,
    private readonly options: ImportOptions,
  ) {
    this.lines = first.lines;
  }

  reported(): FileHeader | undefined {
    const [line] = this.lines;
    const delimiter = line && delimiterOfErrorReport(line.text);
    return line && isDelimiter(delimiter) ? this.header(line, delimiter) : undefined;
  }

  /** Where the option says that it is. */
  said(): FileHeader | undefined {
    const { headerLine, names } = this.options;
    if (headerLine === undefined) return undefined;
    if (headerLine === 0) return this.withNames(names ?? []);
    const line = this.lines.find((one) => one.line === headerLine);
    if (line) return this.header(line, this.delimiterOf(line));
    const detail = `Line ${headerLine} is to be the header line, and is blank or not there.`;
    throw new FileFault('header-missing', detail);
  }

  /** The first line that names the equipment and the time; one of a single column only where there is no other. */
  *named(): Steps<FileHeader | undefined> {
    const candidates = this.candidates();
    const [cut, whole] = [candidates.filter(isCut), candidates.filter((line) => !isCut(line))];
    return (yield* this.naming(cut, this.options)) ?? (yield* this.naming(whole, this.options));
  }

  /** The first line that names the time: then it is the equipment that somebody has to name. */
  *timed(): Steps<FileHeader | undefined> {
    const named = { ...this.options, equipmentId: UNNAMED };
    return yield* this.naming(this.candidates().filter(isCut), named);
  }

  private *naming(
    lines: readonly TextLine[],
    options: ImportOptions,
  ): Steps<FileHeader | undefined> {
    for (const line of lines) {
      const delimiter = this.namingDelimiter(line, options);
      if (delimiter !== undefined) return this.header(line, delimiter);
      yield;
    }
    return undefined;
  }

  /** The line that has the shape of one: then it says which columns are there. */
  *shaped(): Steps<FileHeader> {
    const shapes: Shape[] = [];
    for (const delimiter of this.possible()) {
      const shape = this.shapeWith(delimiter);
      if (shape) shapes.push(shape);
      yield;
    }
    const most = Math.max(0, ...shapes.map(({ alike }) => alike));
    const [best, another] = shapes.filter(({ alike }) => alike === most);
    if (best && another) throw ambiguous(best.line);
    if (best) return this.header(best.line, best.delimiter);
    if (this.lines.some(({ isUtf8 }) => !isUtf8)) throw otherEncoding();
    throw new FileFault('header-missing-column', this.whyNoNames());
  }

  private whyNoNames(): string {
    if (!this.lines.some(isCut)) return ONE_COLUMN;
    return this.lines.every(isQuotedWhole) ? QUOTED_LINES : NO_NAMES;
  }

  private candidates(): readonly TextLine[] {
    return this.lines.filter(({ line }) => line <= MAX_HEADER_LINE);
  }

  private possible(): readonly Delimiter[] {
    const { delimiter, decimal } = this.options;
    if (delimiter !== undefined) return [delimiter];
    const { separator } = this.first;
    return separator === undefined ? this.besides(decimal) : [separator];
  }

  /** A decimal comma may stand in quotes, between commas, where no other sign cuts a line. */
  private besides(decimal: DecimalSign): readonly Delimiter[] {
    const others = DELIMITERS.filter((one) => one !== decimal);
    const areThere = this.lines.some(({ text }) => others.some((one) => text.includes(one)));
    return areThere || decimal !== ',' ? others : [','];
  }

  private namingDelimiter(line: TextLine, options = this.options): Delimiter | undefined {
    const [only, another] = this.possible().filter((delimiter) =>
      namesReadings(line.text, delimiter, options),
    );
    if (another !== undefined && isCut(line)) throw ambiguous(line);
    return only;
  }

  /** Of a line that is the header in any case. */
  private delimiterOf(line: TextLine): Delimiter {
    const naming = this.namingDelimiter(line);
    if (naming !== undefined) return naming;
    const possible = this.possible();
    const present = possible.filter((delimiter) => line.text.includes(delimiter));
    const [only = possible[0], another] = present;
    if (another !== undefined || only === undefined) throw ambiguous(line);
    return only;
  }

  /** The first line of names alone that has as many fields as the lines behind it. */
  private shapeWith(delimiter: Delimiter): Shape | undefined {
    const counted = this.lines.map((line) => fieldsOfLine(line.text, delimiter) ?? []);
    for (const [at, line] of this.candidates().entries()) {
      const fields = counted[at] ?? [];
      const used = fields.slice(0, fields.findLastIndex((field) => field.trim() !== '') + 1);
      if (used.length < 2 || !areNames(used)) continue;
      const following = counted.slice(at + 1, at + 1 + COMPARED_LINES);
      const alike = following.filter(
        ({ length }) => length === fields.length || length === used.length,
      );
      if (alike.length > 0 || following.length === 0) {
        return { line, delimiter, alike: alike.length };
      }
    }
    return undefined;
  }

  /** The header of a file that has none. */
  private withNames(names: readonly string[]): FileHeader {
    const fits = this.possible().filter((delimiter) =>
      this.lines.slice(0, COMPARED_LINES).some(({ text }) => hasFields(text, delimiter, names)),
    );
    const [only, another] = fits;
    if (another !== undefined && this.lines.some(isCut)) throw ambiguous();
    const delimiter = only ?? this.options.delimiter;
    if (delimiter === undefined) {
      const detail = `No line at the beginning of the file has ${names.length} fields, as names says; delimiter can say how they are cut.`;
      throw new FileFault('header-missing', detail);
    }
    const text = names.map((name) => quotedCell(name)).join(delimiter);
    return { line: 0, text, delimiter, next: this.first.start };
  }

  private header({ text, line, next, isUtf8 }: TextLine, delimiter: Delimiter): FileHeader {
    if (!isUtf8) throw otherEncoding();
    return { line, text, delimiter, next };
  }
}

/** Said of a file that may have no header line at all. */
export const NO_NAMES =
  'No line at the beginning of the file names its columns, with equipmentId and timestamp among them. columns can say what they are called here; for a file without such a line set headerLine to 0 and names to those of its columns, as a preview proposes them.';
const ONE_COLUMN = `The file has a single column: ${CUTTING_SIGNS}. A reading takes a timestamp and a value.`;

const QUOTED_LINES =
  'Each line stands in quotes as a whole, and so is a single column: write the file without these quotes.';

function isQuotedWhole({ text }: TextLine): boolean {
  return text.startsWith('"') && DELIMITERS.every((one) => fieldsOfLine(text, one)?.length === 1);
}

/** Whether the line has more than one field, by whatever delimiter. */
function isCut({ text }: TextLine): boolean {
  return DELIMITERS.some((delimiter) => text.includes(delimiter));
}

/** A number or a date is no name, and neither is nothing. */
function canBeName(field: string): boolean {
  const text = field.trim();
  return (/\p{L}/u.test(text) && !isDatum(text)) || text === '#';
}

/** The first may have none: tables are written so whose rows have an index. */
function areNames([first = '', ...others]: readonly string[]): boolean {
  return (first.trim() === '' || canBeName(first)) && others.every(canBeName);
}

function hasFields(text: string, delimiter: Delimiter, { length }: readonly string[]): boolean {
  const fields = fieldsOfLine(text, delimiter) ?? [];
  return fields.length >= length && fields.slice(length).every((field) => field.trim() === '');
}

function ambiguous(line?: TextLine): FileFault {
  return new FileFault(
    'delimiter-ambiguous',
    `The header line can be cut in several ways; the option delimiter says which one is right.${line ? ` ${headerTaken(line)}` : ''}`,
  );
}

/** Said with what is wrong with a header line: nobody has to look for it. */
export function headerTaken({ line, text }: Pick<FileHeader, 'line' | 'text'>): string {
  return `The header line is taken to be line ${line}: ${shownHeader(text)}`;
}

export function shownHeader(text: string): string {
  return text.length > SHOWN_HEADER ? `${text.slice(0, SHOWN_HEADER)}…` : text;
}

function otherEncoding(): FileFault {
  return new FileFault(
    OTHER_ENCODING,
    'The file is not UTF-8; the option encoding says what it is, such as windows-1252. Save text of an encoding that it does not know as UTF-8. With encoding utf-8 the rows that are not are bad rows.',
  );
}
